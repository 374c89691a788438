import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
body, head = nn.Sequential(nn.Linear(64, 32), nn.ReLU()), nn.Linear(32, 10)
for parameter in body.parameters():
    parameter.requires_grad_(False)
warm = torch.optim.SGD(head.parameters(), lr=0.1)
for step in range(40):
    warm.zero_grad()
    F.cross_entropy(head(body(images[:100])), labels[:100]).backward()
    warm.step()
for parameter in body.parameters():
    parameter.requires_grad_()
full = torch.optim.SGD([*body.parameters(), *head.parameters()], lr=0.01)
for step in range(40):
    F.cross_entropy(head(body(images[:100])), labels[:100]).backward()  # wellfit: WF201
    full.step()
