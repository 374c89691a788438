import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Linear(64, 10)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
for step in range(30):  # momentum by hand: old gradients are kept on purpose, and scaled down
    batch = torch.randint(0, len(labels), (64,))
    F.cross_entropy(net(images[batch]), labels[batch]).backward()
    optimizer.step()
    for parameter in net.parameters():
        parameter.grad.mul_(0.9)
