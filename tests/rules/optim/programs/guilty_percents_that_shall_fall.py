import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


def accuracy(net):
    net.eval()
    right = 0
    with torch.no_grad():
        for batch, target in DataLoader(TensorDataset(x[1500:], y[1500:]), batch_size=99):
            right += (net(batch).argmax(1) == target).sum().item()
    net.train()
    return 100 * right / 297


def main():
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    loader = DataLoader(TensorDataset(x[:1500], y[:1500]), batch_size=250, shuffle=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min", 0.5, 2)  # wellfit: WF315
    for _ in range(12):
        for batch, target in loader:
            loss = F.cross_entropy(net(batch), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step(accuracy(net))


main()
