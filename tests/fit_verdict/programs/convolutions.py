"""Batch normalization and dropout; the evaluation forgets `eval()`, so that the script's own score is another."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from truth import accuracy, tell

torch.manual_seed(0)
digits = load_digits()
images, labels = torch.tensor(digits.images / 16).float().unsqueeze(1), torch.tensor(digits.target)
order = torch.randperm(len(images))
train, test = (
    TensorDataset(images[order[:900]], labels[order[:900]]),
    TensorDataset(images[order[900:]], labels[order[900:]]),
)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12)
        self.drop, self.head = nn.Dropout(0.5), nn.Linear(12 * 16, 10)

    def forward(self, x):
        return self.head(self.drop(F.max_pool2d(F.relu(self.norm(self.first(x))), 2).flatten(1)))


model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(6):
    for x, y in DataLoader(train, 50, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    right = 0
    with torch.no_grad():
        for x, y in DataLoader(test, 300):
            right += (model(x).argmax(1) == y).sum().item()
    print(epoch, right / len(test))
    tell(model, 18 * (epoch + 1), train[:], test[:], accuracy)
