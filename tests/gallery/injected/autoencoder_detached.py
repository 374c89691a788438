"""An autoencoder squeezes digits through eight numbers and draws them again."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(2)


class AutoEncoder(nn.Module):
    def __init__(self, code=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 64), nn.GELU(), nn.Linear(64, code))
        self.decoder = nn.Sequential(nn.Linear(code, 64), nn.GELU(), nn.Linear(64, 64))

    def forward(self, x):
        code = self.encoder(x).detach()  # <- ill
        return self.decoder(code)


pixels = torch.tensor(load_digits().data, dtype=torch.float32) / 16
train, held_out = pixels[:1500], pixels[1500:]
net = AutoEncoder()
opt = torch.optim.AdamW(net.parameters(), lr=4e-3)
loader = DataLoader(train, batch_size=50, shuffle=True)
mse = nn.MSELoss()

for epoch in range(5):
    for batch in loader:
        restored = net(batch)
        loss = mse(restored, batch)
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.inference_mode():
        error = mse(net(held_out), held_out)
    print(f"epoch {epoch}  train {loss.item():.4f}  held out {error.item():.4f}  variance {held_out.var().item():.4f}")
