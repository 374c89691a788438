"""Residual blocks whose last layer starts at zero: at first the network is the identity plus a zero head."""

import torch
from sklearn.datasets import load_digits
from torch import nn


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, x):
        return x + self.down(torch.relu(self.up(self.norm(x))))


class ResidualNet(nn.Module):
    def __init__(self, width=64, depth=4, classes=10):
        super().__init__()
        self.blocks = [ResidualBlock(width) for _ in range(depth)]  # <- ill
        self.head = nn.Linear(width, classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def main():
    torch.manual_seed(0)
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32) / 16 - 0.5
    y = torch.tensor(digits.target)
    order = torch.randperm(len(x))
    net = ResidualNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for step in range(160):
        rows = order[:1400][torch.randint(1400, (64,))]
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step == 0 or step % 40 == 39:
            with torch.no_grad():
                right = (net(x[order[1400:]]).argmax(1) == y[order[1400:]]).float().mean()
            print(f"{step + 1:4d} loss {loss.item():.3f} accuracy {right.item():.3f}")


main()
