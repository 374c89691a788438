import torch
from torch import nn

torch.manual_seed(0)


class Physics(nn.Module):
    """Keeps the points at which its equation u' = -u has to hold, and takes derivatives by them."""

    def __init__(self):
        super().__init__()
        self.points = torch.linspace(0, 2, 64).reshape(-1, 1).requires_grad_()
        self.net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self):
        u = self.net(self.points)
        (slope,) = torch.autograd.grad(u.sum(), self.points, create_graph=True)
        return (slope + u).square().mean() + (u[0] - 1).square().mean()


model = Physics()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(24):
    loss = model()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
