import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.func import functional_call, grad

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)


def cost(weights, x, y):
    return F.cross_entropy(functional_call(net, weights, (x,)), y)


for step in range(24):
    inner, outer = torch.randperm(len(labels))[:128].chunk(2)
    weights = dict(net.named_parameters())
    slopes = grad(cost)(weights, images[inner], labels[inner])
    adapted = {name: w - 0.1 * slopes[name] for name, w in weights.items()}
    loss = cost(adapted, images[outer], labels[outer])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
