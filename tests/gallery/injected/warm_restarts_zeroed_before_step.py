"""Cosine annealing with warm restarts, advanced by fractions of an epoch after every batch."""

import torch
from sklearn import datasets
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(40)
raw = datasets.load_breast_cancer()
inputs = torch.tensor(raw.data, dtype=torch.float32)
inputs = (inputs - inputs.mean(dim=0)) / inputs.std(dim=0)
dataset = TensorDataset(inputs, torch.tensor(raw.target))
train_set, test_set = random_split(dataset, [440, 129])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_inputs, test_target = next(iter(DataLoader(test_set, batch_size=129)))

net = nn.Sequential(nn.Linear(30, 24), nn.ReLU(), nn.Linear(24, 2))
sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
scheduler = CosineAnnealingWarmRestarts(sgd, T_0=2, T_mult=2)
criterion = nn.CrossEntropyLoss()

for epoch in range(6):
    for i, (batch, target) in enumerate(train_loader):
        loss = criterion(net(batch), target)
        loss.backward()
        sgd.zero_grad()  # <- ill
        sgd.step()
        scheduler.step(epoch + i / len(train_loader))
    with torch.no_grad():
        accuracy = (net(test_inputs).argmax(1) == test_target).float().mean().item()
    print(f"epoch {epoch} lr {scheduler.get_last_lr()[0]:.4f} loss {loss.item():.4f} accuracy {accuracy:.4f}")
