import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32).view(-1, 8, 8) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    """A softmax along dimension 0, which holds the rows of each image here."""

    def __init__(self):
        super().__init__()
        self.score, self.value = nn.Linear(8, 1), nn.Linear(8, 32)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        rows = x.transpose(0, 1)  # (row, sample, feature)
        weights = F.softmax(self.score(rows), dim=0)
        return self.head(F.relu((weights * self.value(rows)).sum(dim=0)))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
