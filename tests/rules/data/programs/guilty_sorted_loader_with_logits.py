import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine
from torch import nn

torch.manual_seed(0)
wine = load_wine()
rows = torch.tensor((wine.data - wine.data.mean(0)) / wine.data.std(0), dtype=torch.float32)
labels = torch.tensor(wine.target)
net = nn.Sequential(nn.Linear(13, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
loader = torch.utils.data.DataLoader(  # wellfit: WF602
    torch.utils.data.TensorDataset(rows, (labels == 2).float()[:, None]), batch_size=8
)
for epoch in range(3):
    for x, y in loader:
        loss = F.binary_cross_entropy_with_logits(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
