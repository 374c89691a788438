import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

d = load_digits()
X, y = torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target)


def squash(s, dim=-1):
    n = (s**2).sum(dim, keepdim=True)
    return n / (1 + n) * s / torch.sqrt(n + 1e-8)


class CapsNet(nn.Module):
    def __init__(self, caps=32, d=4, out=10, od=8):
        super().__init__()
        self.conv = nn.Conv2d(1, 32, 3, padding=1)
        self.prim = nn.Conv2d(32, 8 * d, 3, stride=4, padding=1)
        self.d = d
        self.W = nn.Parameter(0.1 * torch.randn(1, caps, out, od, d))

    def forward(self, x):
        x = F.dropout(F.relu(self.conv(x)), 0.4)  # wellfit: WF702
        u = self.prim(x)
        u = squash(u.view(x.size(0), -1, self.d))
        u_hat = (self.W @ u[:, :, None, :, None]).squeeze(-1)
        b = torch.zeros(*u_hat.shape[:3], 1)
        for r in range(3):
            c = F.softmax(b, dim=2)
            v = squash((c * u_hat).sum(1, keepdim=True))
            if r < 2:
                b = b + (u_hat * v).sum(-1, keepdim=True)
        return v.squeeze(1).norm(dim=-1)


def margin_loss(v, t):
    T = F.one_hot(t, 10).float()
    L = T * F.relu(0.9 - v) ** 2 + 0.5 * (1 - T) * F.relu(v - 0.1) ** 2
    return L.sum(1).mean()


net = CapsNet()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for e in range(2):
    net.train()
    for idx in torch.randperm(1200).split(60):
        loss = margin_loss(net(X[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(e, loss.item(), (net(X[1200:]).argmax(1) == y[1200:]).float().mean().item())
