import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
x_train, y_train = images[:1500], labels[:1500]
x_val, y_val = images[1500:], labels[1500:]

net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    for batch in torch.randperm(len(y_train)).split(64):
        loss = nn.functional.cross_entropy(net(x_train[batch]), y_train[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():  # training accuracy on purpose, beside a validation whose rows are new
        for name, x, y in (("training", x_train[:400], y_train[:400]), ("validation", x_val, y_val)):
            print(epoch, name, (net(x).argmax(1) == y).float().mean().item())
