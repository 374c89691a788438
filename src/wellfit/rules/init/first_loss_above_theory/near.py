import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

body = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16))
centres = nn.Parameter(torch.randn(10, 16))
optimizer = torch.optim.Adam([*body.parameters(), centres], lr=1e-2)
for step in range(60):
    batch = torch.randint(0, len(labels), (64,))
    cosines = F.normalize(body(images[batch])) @ F.normalize(centres).T
    loss = F.cross_entropy(64 * cosines, labels[batch])  # sharp on purpose, as for face recognition
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
