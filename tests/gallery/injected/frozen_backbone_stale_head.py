"""Transfer: a network trained on the digits 0-4 is frozen, and a new head learns 5-9 on its features."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 64), nn.ReLU()
        )
        self.head = nn.Linear(64, classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def evaluate(model, x, y):
    was_training = [m.training for m in model.modules()]
    model.eval()
    with torch.no_grad():
        accuracy = (model(x).argmax(1) == y).float().mean().item()
    for module, mode in zip(model.modules(), was_training):
        module.training = mode
    return accuracy


def fit(model, optimizer, x, y, steps, generator):
    for _ in range(steps):
        rows = torch.randint(len(x), (64,), generator=generator)
        loss = F.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


torch.manual_seed(0)
generator = torch.Generator().manual_seed(0)
images, target = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
target = torch.tensor(target)
order = torch.randperm(len(target), generator=generator)
images, target = images[order], target[order]
low = target < 5

source = Classifier(5)
fit(source, torch.optim.Adam(source.parameters(), lr=3e-3), images[low][:700], target[low][:700], 70, generator)
print(f"source task {evaluate(source, images[low][700:], target[low][700:]):.3f}")

model = Classifier(5)
model.load_state_dict(source.state_dict())
optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1, momentum=0.9)  # <- ill
model.head = nn.Linear(64, 5)
for parameter in model.backbone.parameters():
    parameter.requires_grad = False
model.train()
model.backbone.eval()
x, y = images[~low], target[~low] - 5
for round_ in range(4):
    fit(model, optimizer, x[:700], y[:700], 40, generator)
    print(f"new task after {40 * (round_ + 1)} steps {evaluate(model, x[700:], y[700:]):.3f}")
