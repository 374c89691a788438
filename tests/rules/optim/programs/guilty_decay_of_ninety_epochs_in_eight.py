import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


def epoch(net, loader, optimizer):
    for batch, target in loader:
        loss = F.cross_entropy(net(batch), target)
        if not torch.isfinite(loss):
            raise RuntimeError("diverged")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loader = DataLoader(TensorDataset(x, y), batch_size=200, shuffle=True)
optimizer = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=90, power=1.0)  # wellfit: WF312
for _ in range(8):
    epoch(net, loader, optimizer)
    schedule.step()
