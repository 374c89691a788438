import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


class LayerSGD(torch.optim.SGD):
    def step(self, closure=None):
        rates = [group["lr"] for group in self.param_groups]
        for group in self.param_groups:
            group["lr"] *= group["lr_scale"]
        super().step(closure)
        for group, rate in zip(self.param_groups, rates, strict=True):
            group["lr"] = rate


net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
groups = [{"params": net[0].parameters(), "lr_scale": 0.1}, {"params": net[2].parameters(), "lr_scale": 1.0}]
optimizer = LayerSGD(groups, lr=0.5)
for step in range(24):
    batch = torch.randint(0, 1797, (64,))
    loss = F.cross_entropy(net(x[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
