import torch
from sklearn.datasets import load_wine

torch.manual_seed(0)
data = load_wine()
x = torch.tensor(data.data, dtype=torch.float32)
x = (x - x.mean(0)) / x.std(0)
w = torch.randn(13, 4, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=1e-3)
for step in range(12):
    z = x[torch.randint(0, 178, (16,))] @ w
    square = ((z[:, None] - z[None]) ** 2).sum(-1)
    distance = square.sqrt()  # wellfit: WF802
    loss = (distance - 1).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
