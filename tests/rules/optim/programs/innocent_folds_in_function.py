import torch
from sklearn.datasets import load_wine
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset, TensorDataset


def fold_accuracy(data, train, test):
    net = nn.Sequential(nn.Linear(13, 16), nn.Tanh(), nn.Linear(16, 3))
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=1e-2)
    loader = DataLoader(Subset(data, train), batch_size=16, shuffle=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=6)
    for _ in range(6):
        net.train()
        for batch, target in loader:
            loss = F.cross_entropy(net(batch), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    net.eval()
    with torch.no_grad():
        return (net(data.tensors[0][test]).argmax(1) == data.tensors[1][test]).float().mean().item()


torch.manual_seed(0)
wine = load_wine()
x = torch.tensor(wine.data, dtype=torch.float32)
data = TensorDataset((x - x.mean(0)) / x.std(0), torch.tensor(wine.target))
order = torch.randperm(len(data))
folds = order.chunk(4)
for i, test in enumerate(folds):
    train = torch.cat([f for j, f in enumerate(folds) if j != i])
    print(fold_accuracy(data, train.tolist(), test))
