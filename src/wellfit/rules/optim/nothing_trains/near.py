import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10)).requires_grad_(requires_grad=False)
net.load_state_dict({name: 0.2 * torch.randn_like(value) for name, value in net.state_dict().items()})
start = images[:32].clone()
image = start.clone().requires_grad_()  # only the input is trained: an adversarial example of a fixed net
optimizer = torch.optim.Adam([image], lr=1e-2)
for step in range(30):
    loss = -F.cross_entropy(net(image), labels[:32]) + 0.1 * (image - start).square().sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
