import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

body = nn.Sequential(nn.Linear(64, 48), nn.ReLU())
heads = nn.ModuleList([nn.Linear(48, 10), nn.Linear(48, 10), nn.Linear(48, 10)])
optimizer = torch.optim.SGD([*body.parameters(), *heads.parameters()], lr=0.1)
for step in range(31):
    batch = torch.randint(0, len(labels), (64,))
    head = heads[(0, 1, 1, 2, 0)[step % 5]]  # heads take turns: one step in five is the third one's
    loss = F.cross_entropy(head(body(images[batch])), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
