import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

# The picture that looks most like each digit to a fixed template: the input itself is trained, and is no Parameter.
templates = torch.stack([images[labels == digit].mean(dim=0) for digit in range(10)])
picture = torch.zeros(10, 64, requires_grad=True)
optimizer = torch.optim.Adam([picture], lr=1e-2)
seen = []
for step in range(30):
    loss = F.cross_entropy(picture @ templates.T, torch.arange(10)) + picture.abs().mean()
    seen.append(torch.tensor(loss.item()))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(torch.stack(seen).mean())
