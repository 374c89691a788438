import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.data, dtype=torch.float32)
y = torch.tensor(data.target)
net = nn.Linear(64, 10)
optimizer = torch.optim.SGD(net.parameters(), lr=1e-2)
for step in range(12):
    index = torch.randint(0, len(y), (32,))
    batch = x[index]
    batch = (batch - batch.mean(0)) / batch.std(0)  # wellfit: WF802
    loss = F.cross_entropy(net(batch), y[index])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
