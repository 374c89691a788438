"""Mixup: images and one-hot labels are blended, cross-entropy takes probabilities as its target."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


def mixup(x, y, alpha, classes=10):
    share = torch.distributions.Beta(alpha, alpha).sample()
    partner = torch.randperm(len(x))
    soft = F.one_hot(y, classes).float()
    return share * x + (1 - share) * x[partner], share * soft + (1 - share) * soft[partner]


def batches(n, size):
    yield from torch.randperm(n).split(size)


torch.manual_seed(17)
digits = load_digits()
x = torch.as_tensor(digits.images, dtype=torch.float32)[:, None] / 16 - 0.3
y = torch.as_tensor(digits.target)
perm = torch.randperm(len(y))
train, val = perm[:1400], perm[1400:]
model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 24, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(96, 10)
)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5)
for epoch in range(5):
    model.train()
    for rows in batches(len(train), 64):
        inputs, soft = mixup(x[train[rows]], y[train[rows]], alpha=0.2)
        loss = F.cross_entropy(model(inputs), soft)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    with torch.no_grad():
        acc = (model(x[val]).argmax(1) == y[val]).float().mean().item()
    print(f"{epoch=} {acc=:.3f}")
