import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(net.parameters())
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = F.cross_entropy(net(images[batch]), labels[batch])
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    net.zero_grad(set_to_none=False)  # wellfit: WF202
    optimizer.step()
