import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
noise_size = 8
generator = nn.Sequential(nn.Linear(noise_size, 32), nn.ReLU(), nn.Linear(32, 64))
critic = nn.Sequential(nn.Linear(64, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_g = torch.optim.Adam(generator.parameters(), lr=1e-3)
opt_c = torch.optim.Adam(critic.parameters(), lr=1e-3)
for step in range(25):
    fake = generator(torch.randn(32, noise_size))
    real = images[torch.randint(0, len(images), (32,))]
    opt_c.zero_grad()
    (F.softplus(critic(fake.detach())).mean() + F.softplus(-critic(real)).mean()).backward()
    opt_c.step()
    F.softplus(-critic(fake)).mean().backward()  # wellfit: WF201
    opt_g.step()
