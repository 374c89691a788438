"""Monte-Carlo dropout: dropout stays on while predicting, on purpose, to estimate uncertainty."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Regressor(nn.Module):
    def __init__(self, p=0.1):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(10, 48), nn.ReLU(), nn.Dropout(p), nn.Linear(48, 24), nn.ReLU(), nn.Dropout(p), nn.Linear(24, 1)
        )

    def forward(self, x):
        return self.net(x)


def enable_dropout(model):
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()


@torch.no_grad()
def predict_with_uncertainty(model, x, draws=30):
    model.eval()
    enable_dropout(model)
    samples = torch.stack([model(x) for _ in range(draws)])
    model.train()
    return samples.mean(0), samples.std(0)


torch.manual_seed(30)
patients = load_diabetes(scaled=False)
x = torch.tensor(patients.data, dtype=torch.float32)
y = torch.tensor(patients.target, dtype=torch.float32)
x = (x - x.mean(0)) / x.std(0)
y = (y - y.mean()) / y.std()
order = torch.randperm(len(x))
x, y = x[order], y[order]
loader = DataLoader(TensorDataset(x[:350], y[:350]), batch_size=35, shuffle=True)
model = Regressor()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(12):
    for inputs, target in loader:
        loss = nn.functional.mse_loss(model(inputs), target)  # <- ill
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 3:
        mean, std = predict_with_uncertainty(model, x[350:])
        explained = 1 - ((mean - y[350:]) ** 2).mean() / y[350:].var()
        print(f"epoch {epoch + 1}: R2 {explained:.3f}, mean uncertainty {std.mean():.3f}")
