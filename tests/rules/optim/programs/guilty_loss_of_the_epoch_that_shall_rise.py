import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


def train(net, loader, optimizer):
    total = 0.0
    for batch, target in loader:
        loss = F.cross_entropy(net(batch), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    return total / len(loader.dataset)


net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loader = DataLoader(TensorDataset(x, y), batch_size=200, shuffle=True)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "max", factor=0.5, patience=0)  # wellfit: WF315
for _ in range(8):
    plateau.step(train(net, loader, optimizer))
