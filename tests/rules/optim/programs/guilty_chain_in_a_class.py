import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import ChainedScheduler, LinearLR, PolynomialLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


class Fit:
    def __init__(self, net, epochs):
        self.net, self.epochs = net, epochs
        self.optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
        self.schedule = ChainedScheduler(  # wellfit: WF314
            [LinearLR(self.optimizer, 0.05, total_iters=4), PolynomialLR(self.optimizer, total_iters=epochs)]
        )

    def run(self, loader):
        for _ in range(self.epochs):
            for batch, target in loader:
                loss = F.cross_entropy(self.net(batch), target)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            self.schedule.step()


fit = Fit(nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)), 8)
fit.run(DataLoader(TensorDataset(x, y), batch_size=200, shuffle=True))
