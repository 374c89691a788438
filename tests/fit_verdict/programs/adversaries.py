"""Two models against each other; the generator is looked at now and then."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
real = torch.tensor(load_digits().data / 16).float()
maker = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.Sigmoid())
critic = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
of_maker, of_critic = (torch.optim.Adam(m.parameters(), lr=1e-3) for m in (maker, critic))
loss_fn = nn.BCEWithLogitsLoss()
for step in range(80):
    batch, made = real[torch.randint(len(real), (32,))], maker(torch.randn(32, 16))
    of_critic.zero_grad()
    (loss_fn(critic(batch), torch.ones(32, 1)) + loss_fn(critic(made.detach()), torch.zeros(32, 1))).backward()
    of_critic.step()
    of_maker.zero_grad()
    loss_fn(critic(made), torch.ones(32, 1)).backward()
    of_maker.step()
    if step % 20 == 19:
        with torch.no_grad():
            print(step, critic(maker(torch.randn(64, 16))).mean().item())
