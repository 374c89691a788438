import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(20):
    rows = torch.randint(0, 1500, (64,))
    with torch.no_grad():
        actions = torch.distributions.Categorical(logits=net(images[rows])).sample()
        reward = (actions == labels[rows]).float()
    chances = F.log_softmax(net(images[rows]), dim=1).gather(1, actions[:, None]).squeeze(1)
    optimizer.zero_grad()
    (-(reward - reward.mean()) * chances).mean().backward()
    optimizer.step()
