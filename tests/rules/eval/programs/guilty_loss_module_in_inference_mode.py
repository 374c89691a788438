import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images[1500:], labels[1500:]), batch_size=99)


@torch.inference_mode()
def validate():
    return sum(criterion(net(x), y).item() for x, y in loader)  # wellfit: WF701


for epoch in range(2):
    net.train()
    for rows in torch.randperm(1500).split(150):
        optimizer.zero_grad()
        criterion(net(images[rows]), labels[rows]).backward()
        optimizer.step()
    print(validate())
