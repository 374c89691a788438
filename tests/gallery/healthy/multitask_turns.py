"""One trunk, two heads that take turns: even steps learn the digit, odd steps whether it is odd."""

import torch
from sklearn.datasets import load_digits
from torch import nn


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 80), nn.ReLU())
        self.heads = nn.ModuleDict({"digit": nn.Linear(80, 10), "odd": nn.Linear(80, 1)})

    def forward(self, x, task):
        return self.heads[task](self.trunk(x))


torch.manual_seed(23)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
label = torch.tensor(digits.target)
odd = (label % 2).float()
train, test = torch.randperm(len(x)).split([1437, 360])

model = TwoHeads()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(200):
    rows = train[torch.randint(len(train), (64,))]
    optimizer.zero_grad()
    if step % 2 == 0:
        loss = nn.functional.cross_entropy(model(x[rows], "digit"), label[rows])
    else:
        loss = nn.functional.binary_cross_entropy_with_logits(model(x[rows], "odd").squeeze(-1), odd[rows])
    loss.backward()
    optimizer.step()
    if step % 50 == 49:
        with torch.no_grad():
            accuracy = (model(x[test], "digit").argmax(1) == label[test]).float().mean().item()
            parity = ((model(x[test], "odd").squeeze(-1) > 0) == (odd[test] > 0)).float().mean().item()
        print(f"step {step + 1}: digit accuracy {accuracy:.3f}, odd or even {parity:.3f}")
