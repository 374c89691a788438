import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Linear(64, 10)
optimizer = torch.optim.LBFGS(net.parameters(), lr=0.1, max_iter=3)


def closure():
    loss = F.cross_entropy(net(images[:500]), labels[:500])
    loss.backward()  # wellfit: WF201
    return loss


for step in range(10):
    optimizer.step(closure)
