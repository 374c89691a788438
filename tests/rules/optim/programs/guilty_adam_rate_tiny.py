import torch
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Trainer:
    def __init__(self, model, loader, learning_rate):
        self.model, self.loader = model, loader
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)  # wellfit: WF310

    def fit(self, epochs):
        for _ in range(epochs):
            for rows, classes in self.loader:
                self.optimizer.zero_grad(set_to_none=True)
                self.criterion(self.model(rows), classes).backward()
                self.optimizer.step()


def main():
    torch.manual_seed(3)
    wine = load_wine()
    rows = torch.tensor(StandardScaler().fit_transform(wine.data), dtype=torch.float32)
    data = TensorDataset(rows, torch.tensor(wine.target))
    model = nn.Sequential(nn.Linear(13, 32), nn.Tanh(), nn.Linear(32, 3))
    Trainer(model, DataLoader(data, batch_size=16, shuffle=True), learning_rate=1e-7).fit(20)


main()
