"""Fine-tuning with two parameter groups: a small rate below, a large one above, gradient clipping, no weight
decay on biases and norms, gradients dropped by hand."""

import torch
from sklearn.datasets import load_digits
from torch import nn


def groups(model):
    decay, plain = [], []
    for parameter in model.body.parameters():
        (decay if parameter.ndim > 1 else plain).append(parameter)
    return [
        {"params": decay, "lr": 1e-3, "weight_decay": 0.05},
        {"params": plain, "lr": 1e-3, "weight_decay": 0.0},
    ]


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 96), nn.GroupNorm(8, 96), nn.ReLU())
        self.head = nn.Linear(96, 10)

    def forward(self, x):
        return self.head(self.body(x))


torch.manual_seed(31)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
model = Model()
optimizer = torch.optim.AdamW(groups(model))  # <- ill
schedule = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=20)
for step in range(150):
    for parameter in model.parameters():
        parameter.grad = None
    rows = torch.randint(1400, (64,))
    loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm=2.0)
    optimizer.step()
    schedule.step()
    if step % 50 == 49:
        with torch.no_grad():
            accuracy = (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
        print(f"step {step + 1} loss {loss.item():.4f} accuracy {accuracy:.4f}")
