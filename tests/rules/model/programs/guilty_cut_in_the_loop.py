import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

encoder, head = nn.Linear(64, 32), nn.Linear(32, 10)
optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.1)
for step in range(24):
    batch = torch.randint(0, len(labels), (64,))
    h = torch.relu(encoder(images[batch]))
    kept = h.detach()  # wellfit: WF402
    loss = F.cross_entropy(head(kept), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(h.mean().item())
