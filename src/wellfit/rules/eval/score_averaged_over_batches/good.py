import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target))
train, held = torch.utils.data.random_split(data, [1397, 400])
loader, validation = DataLoader(train, 64, shuffle=True), DataLoader(held, 64)

net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(2):
    net.train()
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    shares = []
    with torch.no_grad():
        for x, y in validation:
            shares.append((net(x).argmax(1) == y).float())
    print(f"epoch {epoch} accuracy {torch.cat(shares).mean():.4f}")
