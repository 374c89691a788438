import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


def load_pretrained():
    layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, dropout=0.1, batch_first=True)
    model = nn.Sequential(nn.Unflatten(1, (8, 8)), nn.TransformerEncoder(layer, 1), nn.Flatten(), nn.Linear(64, 10))
    return model.eval()  # wellfit: WF205


net = load_pretrained()
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
for step in range(20):
    batch = torch.randint(0, 1500, (32,))
    optimizer.zero_grad()
    F.cross_entropy(net(images[batch]), labels[batch]).backward()
    optimizer.step()
