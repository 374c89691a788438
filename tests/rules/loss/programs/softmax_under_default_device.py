"""A default device is a mode of torch's own, under which values are still read."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.set_default_device("cpu")
torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Linear(64, 10)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    answers = F.softmax(net(images[batch]), dim=-1)  # wellfit: WF101
    loss = F.cross_entropy(answers, labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
