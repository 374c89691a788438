import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32).view(-1, 8, 8) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    """Without batch_first, and given what it then expects."""

    def __init__(self):
        super().__init__()
        self.rows = nn.LSTM(8, 24)  # reads (time, batch, features)
        self.head = nn.Linear(24, 10)

    def forward(self, x):
        states, _ = self.rows(x.transpose(0, 1))
        return self.head(states[-1])


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
