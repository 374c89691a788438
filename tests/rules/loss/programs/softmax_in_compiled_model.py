"""Inside a compiled model: values alone tell, and the loss's line is the one that is known."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return F.softmax(self.head(x), dim=-1)


net = torch.compile(Net(), backend="aot_eager")

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])  # wellfit: WF101
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
