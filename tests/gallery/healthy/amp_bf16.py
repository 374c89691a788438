"""Mixed precision on the CPU: forward and loss under bfloat16 autocast, parameters in float32."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(1)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
train, test = torch.randperm(len(y)).split([1400, 397])
model = nn.Sequential(nn.Linear(64, 128), nn.LayerNorm(128), nn.GELU(), nn.Dropout(0.1), nn.Linear(128, 10))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()

for step in range(150):
    model.train()
    rows = train[torch.randint(len(train), (64,))]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(x[rows])
        loss = criterion(logits, y[rows])
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if step % 50 == 49:
        model.eval()
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            accuracy = (model(x[test]).argmax(1) == y[test]).float().mean().item()
        print(f"step {step + 1} {logits.dtype} loss {loss.item():.3f} accuracy {accuracy:.3f}")
