"""Under checkpointing nobody may read what nodes keep: the backward call is named."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
body, head = nn.Sequential(nn.Linear(64, 32), nn.ReLU()), nn.Linear(32, 10)
optimizer = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=1e-3)
for step in range(12):
    index = torch.randint(0, len(y), (32,))
    hidden = checkpoint(body, x[index], use_reentrant=False)
    loss = F.cross_entropy(head(torch.log(hidden)), y[index])
    optimizer.zero_grad()
    loss.backward()  # wellfit: WF802
    optimizer.step()
