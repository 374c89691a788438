import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
nn.init.zeros_(net[2].weight)  # the last layer alone: its rows part with the first step, as the classes differ
nn.init.zeros_(net[2].bias)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(60):
    batch = torch.randint(0, len(labels), (64,))
    loss = nn.functional.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
