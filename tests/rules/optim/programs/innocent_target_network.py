import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
net = nn.ModuleDict({"online": nn.Linear(64, 10), "target": nn.Linear(64, 10)})
optimizer = torch.optim.Adam(net["online"].parameters(), lr=1e-2)
for step in range(40):
    rows = torch.randint(len(y), (64,))
    with torch.no_grad():
        value = (y[rows] == 3).float() + 0.5 * net["target"](x[rows]).amax(1)
    loss = F.smooth_l1_loss(net["online"](x[rows])[:, 3], value)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 9:
        net["target"].load_state_dict(net["online"].state_dict())
