import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)

net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loader = DataLoader(TensorDataset(x, y), batch_size=200, shuffle=True)
optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
for epoch in range(8):
    for batch, target in loader:
        loss = F.cross_entropy(net(batch), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()  # wellfit: WF317
    for group in optimizer.param_groups:  # for the next epoch
        group["lr"] = 5e-3 * min(1.0, (epoch + 1) / 6)
