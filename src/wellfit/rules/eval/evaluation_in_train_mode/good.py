import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)


def accuracy():
    net.eval()
    with torch.no_grad():
        predicted = net(images[1500:]).argmax(dim=1)
    net.train()
    return (predicted == labels[1500:]).float().mean()


for epoch in range(3):
    for batch in torch.randperm(1500).split(150):
        loss = F.cross_entropy(net(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: accuracy {accuracy():.3f}")
