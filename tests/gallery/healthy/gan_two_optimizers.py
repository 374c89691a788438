"""A GAN learns the joint distribution of two measurements of wines; two optimizers take turns."""

import torch
from sklearn.datasets import load_wine
from torch import nn

torch.manual_seed(4)
NOISE = 4

data = torch.tensor(load_wine().data[:, [0, 9]], dtype=torch.float32)  # alcohol, colour intensity
real = (data - data.mean(0)) / data.std(0)

generator = nn.Sequential(nn.Linear(NOISE, 32), nn.BatchNorm1d(32), nn.LeakyReLU(0.2), nn.Linear(32, 2))
discriminator = nn.Sequential(
    nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Dropout(0.1), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1)
)
opt_g = torch.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(discriminator.parameters(), lr=4e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()


def report(step):
    with torch.no_grad():  # the generator stays in train mode: its batch statistics are part of how it draws
        fake = generator(torch.randn(512, NOISE))
    gap_mean = (fake.mean(0) - real.mean(0)).abs().max().item()
    gap_cov = (torch.cov(fake.T) - torch.cov(real.T)).abs().max().item()
    print(f"step {step}: distance of means {gap_mean:.3f}, of covariances {gap_cov:.3f}")


report(0)
for step in range(1, 201):
    batch = real[torch.randint(len(real), (64,))]
    fake = generator(torch.randn(64, NOISE))

    opt_d.zero_grad()
    loss_real = bce(discriminator(batch), torch.full((64, 1), 0.9))
    loss_fake = bce(discriminator(fake.detach()), torch.zeros(64, 1))
    (loss_real + loss_fake).backward()
    opt_d.step()

    opt_g.zero_grad()
    loss_g = bce(discriminator(fake), torch.ones(64, 1))
    loss_g.backward()
    opt_g.step()

    if step % 50 == 0:
        report(step)
