import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
body = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
digit, parity = nn.Linear(32, 10), nn.Linear(32, 2)
parameters = [*body.parameters(), *digit.parameters(), *parity.parameters()]
optimizer = torch.optim.SGD(parameters, lr=0.1)
for step in range(20):
    rows = torch.randint(0, 1500, (64,))
    found = []
    for head, target in ((digit, labels), (parity, labels % 2)):
        optimizer.zero_grad()
        F.cross_entropy(head(body(images[rows])), target[rows]).backward()
        found.append([None if p.grad is None else p.grad.clone() for p in parameters])
    optimizer.zero_grad()
    for parameter, one, two in zip(parameters, *found, strict=True):
        parameter.grad = one if two is None else two if one is None else (one + two) / 2
    optimizer.step()
