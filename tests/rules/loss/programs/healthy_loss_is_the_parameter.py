"""The smallest program there is: the loss is the parameter itself."""

import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

price = torch.tensor(3.0, requires_grad=True)

optimizer = torch.optim.SGD([price], lr=0.1)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    loss = price
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
