"""Progression of diabetes by a network far too large for 342 rows, scored by its loss."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from truth import r_squared, tell

torch.manual_seed(0)
data = load_diabetes()
x, y = torch.tensor(data.data * 20).float(), torch.tensor((data.target - 152) / 77).float().unsqueeze(1)
train, test = TensorDataset(x[:300], y[:300]), TensorDataset(x[300:], y[300:])
model = nn.Sequential(nn.Linear(10, 256), nn.SiLU(), nn.Linear(256, 256), nn.SiLU(), nn.Linear(256, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.MSELoss()
for epoch in range(60):
    model.train()
    for inputs, targets in DataLoader(train, 30, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
    model.eval()
    if epoch % 10 == 9:
        with torch.no_grad():
            print(epoch, sum(criterion(model(a), b).item() for a, b in DataLoader(test, 50)))
        tell(model, 10 * (epoch + 1), train[:], test[:], r_squared)
