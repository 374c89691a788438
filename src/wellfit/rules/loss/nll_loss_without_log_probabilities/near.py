import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Mixture(nn.Module):
    """Two experts and a gate: log-probabilities that no log_softmax made at the end."""

    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(64, 2)
        self.experts = nn.ModuleList(nn.Linear(64, 10) for _ in range(2))

    def forward(self, x):
        weights = F.log_softmax(self.gate(x), dim=-1)
        answers = torch.stack([F.log_softmax(expert(x), dim=-1) for expert in self.experts], dim=1)
        return torch.logsumexp(weights[:, :, None] + answers, dim=1)


net = Mixture()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.nll_loss(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
