import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=60)
rates = []
for _ in range(20):  # only the schedule is drawn here
    optimizer.step()
    schedule.step()
    rates.append(schedule.get_last_lr()[0])
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    optimizer.zero_grad()
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    loss.backward()
    accuracy = (net(images[batch]).argmax(1) == labels[batch]).float().mean()
    optimizer.step()
    schedule.step()
