"""REINFORCE with a running baseline on a corridor: reach the right end in as few moves as possible."""

import torch
from torch import nn
from torch.distributions import Categorical


class Corridor:
    """Nine cells; start in the middle; the episode ends at the right end or after twenty moves."""

    length = 9

    def reset(self):
        self.position, self.moves = self.length // 2, 0
        return self.observe()

    def observe(self):
        return nn.functional.one_hot(torch.tensor(self.position), self.length).float()

    def step(self, action):
        self.position = max(0, self.position + (1 if action == 1 else -1))
        self.moves += 1
        arrived = self.position == self.length - 1
        return self.observe(), (1.0 if arrived else -0.1), arrived or self.moves == 20


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(Corridor.length, 24), nn.Tanh(), nn.Linear(24, 2))

    def forward(self, observation):
        return Categorical(logits=self.net(observation))


def play(env, policy):
    observation, done = env.reset(), False
    log_probs, rewards = [], []
    while not done:
        distribution = policy(observation)
        action = distribution.sample()
        observation, reward, done = env.step(action.item())
        log_probs.append(distribution.log_prob(action))
        rewards.append(reward)
    return torch.stack(log_probs), rewards


def discounted(rewards, gamma=0.97):
    total, out = 0.0, []
    for reward in reversed(rewards):
        total = reward + gamma * total
        out.insert(0, total)
    return torch.tensor(out)


torch.manual_seed(8)
env, policy = Corridor(), Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
baseline, recent = 0.0, []
for episode in range(1, 151):
    log_probs, rewards = play(env, policy)
    returns = discounted(rewards)
    baseline = 0.9 * baseline + 0.1 * returns.mean().item()
    loss = -(log_probs * (returns - baseline)).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    recent.append(len(rewards))
    if episode % 50 == 0:
        print(f"episode {episode}: {sum(recent[-20:]) / 20:.1f} moves")
