import torch
from sklearn.datasets import load_diabetes
from torch.nn import functional as F

torch.manual_seed(0)
x, y = load_diabetes(return_X_y=True)
x, y = torch.tensor(x).float() * 20, torch.tensor(y).float() / 100
weight = torch.randn(10, requires_grad=True)
bias = torch.zeros((), requires_grad=True)
optimizer = torch.optim.Adam([weight, bias], lr=1e-2)
for step in range(25):
    loss = F.mse_loss(x @ weight + bias, y)
    torch.autograd.backward(loss)  # wellfit: WF201
    optimizer.step()
