"""Softmax regression by L-BFGS: the closure is called several times for each step."""

import torch
from sklearn.datasets import load_wine
from torch import nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)

wine = load_wine()
x = torch.tensor(wine.data)
x = (x - x.mean(0)) / x.std(0)
y = torch.tensor(wine.target)
shuffled = torch.randperm(len(y))
train, test = shuffled[:130], shuffled[130:]

model = nn.Linear(13, 3)
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=2, history_size=6)
cross_entropy = nn.CrossEntropyLoss()


def closure():
    optimizer.zero_grad()
    loss = cross_entropy(model(x[train]), y[train]) + 1e-3 * model.weight.square().sum()
    loss.backward()
    return loss


for step in range(60):
    loss = optimizer.step(closure)
    if step % 15 == 14:
        accuracy = (model(x[test]).argmax(1) == y[test]).double().mean()
        print(f"step {step + 1} loss {loss.item():.5f} test accuracy {accuracy.item():.3f}")
