import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

for step in range(30):
    batch = torch.randint(0, 1500, (128,))
    with torch.no_grad():  # the hardest half of the batch is chosen by the loss that it would be trained on
        losses = F.cross_entropy(net(images[batch]), labels[batch], reduction="none")
    batch = batch[losses.argsort(descending=True)[:64]]
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():  # batch norm's statistics are estimated anew; nothing is scored
    for batch in torch.arange(1500).split(500):
        net(images[batch])
with torch.no_grad():  # Monte Carlo dropout: thirty draws for each image
    draws = torch.stack([net(images[1500:]) for _ in range(30)])
print("accuracy:", (draws.mean(dim=0).argmax(dim=1) == labels[1500:]).float().mean())
