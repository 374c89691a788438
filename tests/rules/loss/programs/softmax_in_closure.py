"""Forward and backward run in a closure that the optimizer calls, as Lightning has it."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Linear(64, 10)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)


def closure():
    batch = torch.randint(0, len(labels), (64,))
    answers = F.softmax(net(images[batch]), dim=-1)  # wellfit: WF101
    loss = F.cross_entropy(answers, labels[batch])
    optimizer.zero_grad()
    loss.backward()
    return loss


for step in range(20):
    optimizer.step(closure=closure)
