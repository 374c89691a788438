import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

torch.manual_seed(0)
data = load_breast_cancer()
x = torch.tensor(data.data, dtype=torch.float32)
y = torch.tensor(data.target, dtype=torch.float32)[:, None]
net = nn.Sequential(nn.Linear(30, 1), nn.Sigmoid())
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(20):
    index = torch.randint(0, 442, (16,))
    p = net(x[index])
    loss = -(y[index] * p.log() + (1 - y[index]) * (1 - p).log()).mean()  # wellfit: WF802
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
