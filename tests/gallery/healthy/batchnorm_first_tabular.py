"""Raw wine measurements (from 0.1 to 1,700) go into a network that begins with batch normalization."""

import numpy as np
import torch
from sklearn.datasets import load_wine
from torch import nn

rng = np.random.default_rng(0)
torch.manual_seed(0)
features, target = load_wine(return_X_y=True)
order = rng.permutation(len(target))
train_rows, test_rows = order[:128], order[128:]

net = nn.Sequential(nn.BatchNorm1d(13), nn.Linear(13, 32), nn.ReLU(), nn.BatchNorm1d(32), nn.Linear(32, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(10):
    net.train()
    for rows in np.array_split(rng.permutation(train_rows), 8):
        batch = torch.from_numpy(features[rows]).float()
        loss = nn.functional.cross_entropy(net(batch), torch.from_numpy(target[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        predicted = net(torch.from_numpy(features[test_rows]).float()).argmax(1).numpy()
    print(f"epoch {epoch}: loss {loss.item():.4f}, test accuracy {(predicted == target[test_rows]).mean():.3f}")
