import torch
from sklearn.datasets import load_diabetes, load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

x, y = load_diabetes(return_X_y=True)
x, y = torch.tensor(x).float() * 20, torch.tensor(y).float() / 100
net = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(4):
    for rows in torch.randperm(342).split(38):
        optimizer.zero_grad()
        (net(x[rows]).squeeze(1) - y[rows]).pow(2).mean().backward()
        optimizer.step()
with torch.no_grad():
    predicted = net(x[342:]).squeeze(1)  # wellfit: WF701
print((predicted - y[342:]).abs().mean())
