import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


def main():
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    loader = DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True)
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
    warmup = torch.optim.lr_scheduler.LinearLR(optimizer, 0.01, total_iters=500)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=1000)
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [warmup, decay], [500])  # wellfit: WF312
    for _ in range(3):
        for batch, target in loader:
            loss = F.cross_entropy(net(batch), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


main()
