"""Fine-tuning a head while the optimizer is still handed every parameter, as many tutorials do."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(9)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


def random_features(width):
    layer = nn.Linear(64, width)
    nn.init.normal_(layer.weight, std=0.5)
    return nn.Sequential(layer, nn.ReLU())


model = nn.Sequential()
model.add_module("features", random_features(400))
model.add_module("head", nn.Linear(400, 10))
model.features.requires_grad_(False)

optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=70, shuffle=True)
loss_function = nn.CrossEntropyLoss()
for epoch in range(4):
    for inputs, labels in loader:
        optimizer.zero_grad()
        loss = loss_function(model(inputs), labels)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        hits = (model(x[1400:]).argmax(1) == y[1400:]).float().mean()
    print("epoch", epoch, "loss", round(loss.item(), 4), "held-out accuracy", round(hits.item(), 4))
