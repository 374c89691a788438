import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
fresh = {name: value.clone() for name, value in net.state_dict().items()}
folds = torch.randperm(len(labels)).chunk(3)
for fold in range(3):
    net.load_state_dict(fresh)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    training = torch.cat([f for i, f in enumerate(folds) if i != fold])
    for epoch in range(3):
        for batch in training[torch.randperm(len(training))].split(64):
            loss = F.cross_entropy(net(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            print((net(images[folds[fold]]).argmax(1) == labels[folds[fold]]).float().mean().item())
