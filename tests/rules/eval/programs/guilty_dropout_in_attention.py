import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.head = nn.Linear(8, 48), nn.Linear(16, 10)

    def forward(self, x):
        query, key, value = self.qkv(x).chunk(3, dim=-1)
        mixed = F.scaled_dot_product_attention(query, key, value, dropout_p=0.2)  # wellfit: WF702
        return self.head(mixed.mean(dim=1))


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32).view(-1, 8, 8) / 16
labels = torch.tensor(digits.target)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(14):
    net.train()
    batch = torch.randint(0, 1500, (32,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 5 == 4:
        net.eval()
        with torch.no_grad():
            print((net(images[1500:]).argmax(dim=1) == labels[1500:]).float().mean().item())
