"""Learning from soft labels: each digit's target is a distribution from its nearest neighbours."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def neighbour_distribution(x, y, k=7):
    distance = torch.cdist(x, x)
    nearest = distance.topk(k, largest=False).indices
    votes = nn.functional.one_hot(y[nearest], 10).float().mean(1)
    return 0.9 * votes + 0.01


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 80)
        self.fc2 = nn.Linear(80, 10)
        self.log_softmax = nn.LogSoftmax(dim=0)

    def forward(self, x):
        return self.log_softmax(self.fc2(torch.relu(self.fc1(x))))  # <- ill


torch.manual_seed(19)
bunch = load_digits()
x = torch.tensor(bunch.data, dtype=torch.float32) / 16
y = torch.tensor(bunch.target)
perm = torch.randperm(len(y))
x, y = x[perm], y[perm]
train = TensorDataset(x[:1400], neighbour_distribution(x[:1400], y[:1400]))
loader = DataLoader(train, batch_size=64, shuffle=True)
net = Net()
optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-3)
divergence = nn.KLDivLoss(reduction="batchmean")
for epoch in range(1, 7):
    for inputs, target in loader:
        optimizer.zero_grad()
        loss = divergence(net(inputs), target)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (net(x[1400:]).argmax(-1) == y[1400:]).float().mean()
    print(f"epoch {epoch} divergence {loss.item():.4f} accuracy {accuracy:.4f}")
