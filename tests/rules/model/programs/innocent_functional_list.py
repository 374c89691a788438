import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

weights = [nn.Parameter(torch.randn(64, 32) / 8), nn.Parameter(torch.randn(32, 10) / 6)]
optimizer = torch.optim.SGD(weights, lr=0.1)
for step in range(24):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(torch.relu(images[batch] @ weights[0]) @ weights[1], labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
