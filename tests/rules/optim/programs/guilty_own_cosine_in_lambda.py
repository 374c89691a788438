import math

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


class Trainer:
    def __init__(self, net, warmup=5, total=40):
        self.net = net
        self.optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
        self.warmup, self.total = warmup, total
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self.factor)  # wellfit: WF311

    def factor(self, step):
        if step < self.warmup:
            return (step + 1) / (self.warmup + 1)
        return (1 + math.cos(math.pi * (step - self.warmup) / (self.total - self.warmup))) / 2

    def step(self):
        batch = torch.randint(0, 1797, (64,))
        loss = F.cross_entropy(self.net(x[batch]), y[batch])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.scheduler.step()


trainer = Trainer(nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)))
for _ in range(65):
    trainer.step()
