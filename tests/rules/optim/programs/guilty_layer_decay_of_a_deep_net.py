import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


def groups_of(net, rate, decay=0.7):
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    for depth, layer in enumerate(layers):
        yield {"params": [layer.weight], "lr_scale": decay ** (len(layers) - 1 - depth), "weight_decay": 0.05}
        yield {"params": [layer.bias], "lr_scale": decay ** (len(layers) - 1 - depth), "weight_decay": 0.0}


net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.AdamW(groups_of(net, 1e-2), lr=1e-2)  # wellfit: WF316
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 8))
for step in range(24):
    batch = torch.randint(0, 1797, (64,))
    loss = F.cross_entropy(net(x[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
