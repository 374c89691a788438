"""The optimizer runs inside backward: one small optimizer per parameter, each gradient freed at once."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizers = {p: torch.optim.Adam([p], lr=5e-3) for p in model.parameters()}


def step_now(parameter):
    optimizers[parameter].step()
    optimizers[parameter].zero_grad()


for parameter in model.parameters():
    parameter.register_post_accumulate_grad_hook(step_now)

for step in range(120):
    rows = torch.randint(1400, (64,))
    loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
    loss.backward()
    if step % 40 == 39:
        with torch.no_grad():
            accuracy = (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
        print(f"step {step + 1} loss {loss.item():.4f} accuracy {accuracy:.4f}")
