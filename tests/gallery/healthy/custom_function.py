"""A hand-written autograd Function: binary weights forward, straight-through gradient backward."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.autograd import Function


class Binarize(Function):
    @staticmethod
    def forward(ctx, weight):
        ctx.save_for_backward(weight)
        return weight.sign() * weight.abs().mean()

    @staticmethod
    def backward(ctx, grad_output):
        (weight,) = ctx.saved_tensors
        return grad_output * (weight.abs() <= 1).to(grad_output.dtype)


class BinaryLinear(nn.Linear):
    def forward(self, x):
        return nn.functional.linear(x, Binarize.apply(self.weight), self.bias)


torch.manual_seed(14)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
train, test = torch.randperm(len(y)).split([1437, 360])

model = nn.Sequential(
    nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), BinaryLinear(128, 64), nn.ReLU(), nn.Linear(64, 10)
)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(5):
    model.train()
    for rows in train[torch.randperm(len(train))].split(64):
        if len(rows) < 8:
            continue
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print("epoch", epoch, "accuracy %.3f" % (model(x[test]).argmax(1) == y[test]).float().mean())
