import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        features = self.encoder(x)
        features = features.detach()  # wellfit: WF402
        return self.head(features)


def main():
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for step in range(40):
        batch = torch.randint(0, len(labels), (64,))
        loss = nn.functional.cross_entropy(net(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


main()
