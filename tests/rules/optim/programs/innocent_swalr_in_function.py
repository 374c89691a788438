import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.optim.swa_utils import SWALR, AveragedModel
from torch.utils.data import DataLoader, TensorDataset


def train(x, y, epochs):
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    averaged = AveragedModel(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
    schedule = SWALR(optimizer, swa_lr=0.05)
    for epoch in range(epochs):
        for batch, target in DataLoader(TensorDataset(x, y), batch_size=200, shuffle=True):
            loss = F.cross_entropy(net(batch), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch >= epochs - 2:
            averaged.update_parameters(net)
            schedule.step()


torch.manual_seed(0)
digits = load_digits()
train(torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target), 14)
