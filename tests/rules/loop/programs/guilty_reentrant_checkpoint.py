import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.checkpoint import checkpoint

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

first, second = nn.Sequential(nn.Linear(64, 32), nn.Tanh()), nn.Linear(32, 10)
optimizer = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.05)
for step in range(20):
    batch = images[torch.randint(0, 1000, (64,))].requires_grad_()
    hidden = checkpoint(first, batch, use_reentrant=True)
    second(hidden).logsumexp(dim=1).mean().backward()  # wellfit: WF201
    optimizer.step()
