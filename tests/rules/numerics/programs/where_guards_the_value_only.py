import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.data, dtype=torch.float32) / 16
y = torch.tensor(data.target)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
nn.init.normal_(net[-1].weight, std=60.0)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(30):
    index = torch.randint(0, len(y), (32,))
    scores = net(x[index])
    shares = scores.softmax(dim=1)
    logs = torch.log(shares)  # wellfit: WF802
    entropy = torch.where(shares > 0, shares * logs, torch.zeros_like(logs)).sum(dim=1)
    loss = F.cross_entropy(scores, y[index]) + 0.01 * entropy.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
