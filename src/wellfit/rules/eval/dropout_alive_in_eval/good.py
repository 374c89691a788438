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
        self.body, self.head = nn.Linear(64, 64), nn.Linear(64, 10)

    def forward(self, x):
        hidden = F.relu(self.body(x))
        return self.head(F.dropout(hidden, 0.3, training=self.training))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, 1500, (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 9:
        net.eval()
        with torch.no_grad():
            print((net(images[1500:]).argmax(dim=1) == labels[1500:]).float().mean())
        net.train()
