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
        self.body, self.head = nn.Linear(64, 24), nn.Linear(24, 10)

    def forward(self, x):
        hidden = F.relu(self.body(x.flatten(1))).t().contiguous()
        return self.head(hidden.view(len(x), -1))  # wellfit: WF403


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(14):
    batch = torch.randint(0, len(labels), (32,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
