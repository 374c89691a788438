import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

encoder, predictor = nn.Sequential(nn.Linear(64, 32), nn.ReLU()), nn.Linear(32, 32)
target = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
target.load_state_dict(encoder.state_dict())
optimizer = torch.optim.Adam([*encoder.parameters(), *predictor.parameters()], lr=1e-3)
for step in range(24):
    batch = images[torch.randint(0, len(labels), (64,))]
    one, two = batch + 0.1 * torch.randn_like(batch), batch + 0.1 * torch.randn_like(batch)
    loss = 1 - F.cosine_similarity(predictor(encoder(one)), target(two).detach()).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for slow, fast in zip(target.parameters(), encoder.parameters(), strict=True):
            slow.lerp_(fast, 0.05)
