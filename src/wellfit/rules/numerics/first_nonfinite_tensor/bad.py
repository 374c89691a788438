import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32)
labels = torch.tensor(digits.target)


def cross_entropy(scores, targets):
    shares = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    picked = shares.gather(1, targets[:, None])
    return -torch.log(picked).mean()  # wellfit: WF802


net = nn.Sequential(nn.LayerNorm(64), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
nn.init.normal_(net[-1].weight, std=5.0)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(30):
    batch = torch.randint(0, len(labels), (64,))
    loss = cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
