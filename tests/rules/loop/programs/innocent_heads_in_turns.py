import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
body = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
heads = [nn.Linear(32, 10), nn.Linear(32, 2)]
optimizers = [torch.optim.SGD(m.parameters(), lr=0.1) for m in (body, *heads)]
for step in range(24):
    rows = torch.randint(0, 1500, (64,))
    turn = step % 2
    loss = F.cross_entropy(heads[turn](body(images[rows])), labels[rows] % 2 if turn else labels[rows])
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
