"""bfloat16 autocast and a GradScaler that stays off on the CPU; `--ill softmax|no-zero-grad` puts a bug in."""

import argparse

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--ill", choices=["softmax", "no-zero-grad"])
ill = parser.parse_args().ill

torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(digits.target)
model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(0.1), nn.Linear(288, 10)
)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
scaler = torch.amp.GradScaler("cpu", enabled=False)
for step in range(60):
    rows = torch.randint(1500, (48,))
    if ill != "no-zero-grad":
        optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(x[rows])
        if ill == "softmax":
            logits = F.softmax(logits, dim=-1)  # <- ill: softmax
        loss = F.cross_entropy(logits, y[rows])
    scaler.scale(loss).backward()  # <- ill: no-zero-grad
    scaler.step(optimizer)
    scaler.update()
    print(step, loss.item().hex())
model.eval()
with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
    print("accuracy", (model(x[1500:]).argmax(1) == y[1500:]).float().mean().item())
print("weights", sum(v.double().sum().item() for v in model.state_dict().values()).hex())
