import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Trainer:
    def __init__(self, net):
        self.net = net
        self.optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
        data = torch.utils.data.TensorDataset(images, labels)
        self.loader = torch.utils.data.DataLoader(data, batch_size=128, shuffle=True)

    def fit(self, epochs):
        for _ in range(epochs):
            self.optimizer.zero_grad()  # once an epoch is not enough
            for batch, target in self.loader:
                self.step(F.cross_entropy(self.net(batch), target))

    def step(self, loss):
        loss.backward()  # wellfit: WF201
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()


Trainer(nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))).fit(2)
