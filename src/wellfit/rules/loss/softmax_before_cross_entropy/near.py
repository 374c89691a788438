import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Attend(nn.Module):
    """Softmax inside the model, over the positions that it attends to, and raw scores at its end."""

    def __init__(self):
        super().__init__()
        self.score, self.value = nn.Linear(8, 1), nn.Linear(8, 32)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        rows = x.view(-1, 8, 8)
        weights = F.softmax(self.score(rows), dim=1)
        return self.head(F.relu((weights * self.value(rows)).sum(dim=1)))


net = Attend()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    print(F.softmax(net(images[:8]), dim=-1).amax(dim=-1))
