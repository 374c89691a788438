import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
for step in range(200):
    batch = torch.randint(0, len(labels), (32,))
    # Smoothed labels: the loss stays above 0.5 however well the batch is learned.
    loss = F.cross_entropy(net(images[batch]), labels[batch], label_smoothing=0.1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
