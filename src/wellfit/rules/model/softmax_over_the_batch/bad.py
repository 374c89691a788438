import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32).view(-1, 8, 8) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.score, self.value = nn.Linear(64, 16), nn.Linear(64, 16)
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        flat = x.flatten(1)
        gates = F.softmax(self.score(flat), dim=0)  # wellfit: WF404
        return self.head(gates * self.value(flat))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
