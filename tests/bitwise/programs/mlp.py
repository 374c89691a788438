import random

import numpy as np
import torch
from ending import print_everything
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

random.seed(0)
np.random.seed(0)
torch.manual_seed(0)
x = torch.randn(512, 12)
y = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.5).long()
model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(5):
    model.train()
    for inputs, labels in DataLoader(TensorDataset(x[:384], y[:384]), batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs + 0.01 * np.random.rand()), labels)
        loss.backward()
        optimizer.step()
        print(loss.item().hex())
    model.eval()
    with torch.no_grad():
        print("validation", nn.functional.cross_entropy(model(x[384:]), y[384:]).item().hex())
print_everything(model, optimizer)
