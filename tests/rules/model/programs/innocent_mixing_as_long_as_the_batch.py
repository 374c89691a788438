import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32).view(-1, 8, 8) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    """Reads time first, and the batch is as long as the sequence."""

    def __init__(self):
        super().__init__()
        self.rows, self.head = nn.GRU(8, 16), nn.Linear(16, 10)

    def forward(self, x):
        states, _ = self.rows(x.transpose(0, 1))
        shares = F.softmax(states.mean(dim=2), dim=0)
        return self.head((states * shares[..., None]).sum(dim=0))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(14):
    batch = torch.randint(0, len(labels), (8,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
