import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from transformers import get_scheduler

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


def main():
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    loader = DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True)
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
    scheduler = get_scheduler("linear", optimizer, 5, num_training_steps=54)  # wellfit: WF307
    for _ in range(4):
        for batch, target in loader:
            loss = F.cross_entropy(net(batch), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()


main()
