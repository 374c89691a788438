import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
patients = load_diabetes(scaled=True)
inputs = torch.tensor(patients.data, dtype=torch.float32) * 20
progress = torch.tensor(patients.target, dtype=torch.float32) + 100

net = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
nn.init.constant_(net[2].bias, progress.mean().item())
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(60):
    batch = torch.randint(0, len(progress), (64,))
    loss = F.mse_loss(net(inputs[batch]).squeeze(1), progress[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
