"""A policy's chosen log-probability, weighed by a return."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

net = nn.Linear(64, 10)

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    policy = torch.distributions.Categorical(logits=net(images[batch]))
    action = policy.sample()
    reward = (action == labels[batch]).float() - 0.1
    loss = -(policy.log_prob(action) * reward).mean() - 0.01 * policy.entropy().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
