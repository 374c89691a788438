import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

for step in range(30):
    batch = torch.randint(0, 1500, (64,))
    net.eval()  # the attack is made in evaluation mode, and trained on in training mode
    attacked = images[batch].requires_grad_()
    F.cross_entropy(net(attacked), labels[batch]).backward()
    attacked = (attacked + 0.02 * attacked.grad.sign()).detach()
    net.train()
    for layer in net:
        if isinstance(layer, nn.BatchNorm1d) and step >= 15:
            layer.eval()  # statistics are frozen on purpose in the second half
    loss = F.cross_entropy(net(attacked), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
