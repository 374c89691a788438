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
        self.hidden, self.head = nn.Linear(64, 32), nn.Linear(32, 10)

    def forward(self, x):
        x = F.dropout(F.relu(self.hidden(x)), 0.5, training=self.training)
        return self.head(x)


@torch.no_grad()
def evaluate(net):
    net.train(False)  # wellfit: WF204
    return (net(images[1500:]).argmax(1) == labels[1500:]).float().mean().item()


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(40):
    batch = torch.randint(0, 1500, (64,))
    optimizer.zero_grad()
    F.cross_entropy(net(images[batch]), labels[batch]).backward()
    optimizer.step()
    if step % 10 == 9:
        print(evaluate(net))
