import torch
from torch import nn

torch.manual_seed(0)
generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
critic = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
opt_g = torch.optim.RMSprop(generator.parameters(), lr=1e-3)
opt_c = torch.optim.RMSprop(critic.parameters(), lr=1e-3)
real = torch.randn(512, 2) * 0.3 + 1
for step in range(80):
    fake = generator(torch.randn(32, 4))
    loss = critic(fake.detach()).mean() - critic(real[torch.randint(512, (32,))]).mean()
    opt_c.zero_grad()
    loss.backward()
    opt_c.step()
    if step % 20 == 19:
        opt_g.zero_grad()
        (-critic(generator(torch.randn(32, 4))).mean()).backward()
        opt_g.step()
