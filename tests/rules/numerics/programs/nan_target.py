import torch
from sklearn.datasets import load_diabetes
from torch import nn

torch.manual_seed(0)
data = load_diabetes()
x = torch.tensor(data.data, dtype=torch.float32)
y = torch.tensor(data.target, dtype=torch.float32)[:, None] / 100
y[5] = float("nan")
net = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=1e-2)
for step in range(20):
    index = torch.randint(0, 20, (16,))
    loss = ((net(x[index]) - y[index]) ** 2).mean()  # wellfit: WF801
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
