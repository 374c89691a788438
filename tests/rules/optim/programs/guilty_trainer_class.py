import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


class Trainer:
    def __init__(self, model):
        self.model = model
        groups = [{"params": model.encoder.parameters()}, {"params": model.head.parameters(), "lr": 1e-3}]
        self.optimizer = torch.optim.AdamW(groups, lr=1e-2)  # wellfit: WF301

    def fit(self, steps):
        for _ in range(steps):
            self.optimizer.zero_grad()
            rows = torch.randint(len(y), (64,))
            F.cross_entropy(self.model(x[rows]), y[rows]).backward()
            self.optimizer.step()


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.position = nn.Parameter(torch.zeros(64))
        self.encoder, self.norm, self.head = nn.Linear(64, 32), nn.LayerNorm(32), nn.Linear(32, 10)

    def forward(self, values):
        return self.head(self.norm(torch.tanh(self.encoder(values + self.position))))


Trainer(Model()).fit(20)
