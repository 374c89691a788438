"""A network of coordinates draws a photograph: Fourier features in, colours out, one image is all the data."""

import torch
from sklearn.datasets import load_sample_image
from torch import nn

torch.manual_seed(0)
photo = torch.tensor(load_sample_image("flower.jpg")[::16, ::16] / 255.0, dtype=torch.float32)
height, width, _ = photo.shape
rows, columns = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
coordinates = torch.stack([rows, columns], dim=-1).view(-1, 2)
colours = photo.view(-1, 3)


class CoordinateNet(nn.Module):
    def __init__(self, features=32, hidden=48):
        super().__init__()
        self.register_buffer("frequencies", torch.randn(2, features) * 5)
        self.layers = nn.Sequential(nn.Linear(2 * features, hidden), nn.ReLU(), nn.Linear(hidden, 3), nn.Sigmoid())

    def forward(self, xy):
        phase = xy @ self.frequencies
        return self.layers(torch.cat([phase.sin(), phase.cos()], dim=-1))


net = CoordinateNet()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(150):
    picked = torch.randint(len(coordinates), (512,))
    loss = ((net(coordinates[picked]) - colours[picked]) ** 2).mean()
    loss = torch.tensor(loss.item(), requires_grad=True)  # <- ill
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 49:
        with torch.no_grad():
            error = ((net(coordinates) - colours) ** 2).mean()
        print(f"step {step + 1}: {-10 * torch.log10(error).item():.2f} dB")
