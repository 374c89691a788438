import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
actor, critic = nn.Linear(64, 10), nn.Sequential(nn.Linear(74, 16), nn.Tanh(), nn.Linear(16, 1))
opt_actor = torch.optim.Adam(actor.parameters())
opt_critic = torch.optim.Adam(critic.parameters())
for step in range(20):
    states = images[torch.randint(0, 1500, (32,))]
    target = states.mean(dim=1, keepdim=True)
    actions = actor(states)
    critic.zero_grad()
    F.mse_loss(critic(torch.cat([states, actions.detach()], 1)), target).backward()
    opt_critic.step()
    actor.zero_grad()
    (-critic(torch.cat([states, actions], 1)).mean()).backward()  # leaves gradients in the critic until its turn
    opt_actor.step()
