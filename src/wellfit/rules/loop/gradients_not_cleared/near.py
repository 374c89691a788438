import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(30):  # no zero_grad: four backward passes a step, and each parameter cleared by hand after it
    for part in torch.randint(0, len(labels), (4, 16)):
        loss = F.cross_entropy(net(images[part]), labels[part]) / 4
        loss.backward()
    optimizer.step()
    for parameter in net.parameters():
        parameter.grad.data.zero_()
