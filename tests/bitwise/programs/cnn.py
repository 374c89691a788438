import random

import numpy as np
import torch
from ending import print_everything
from torch import nn

random.seed(0)
np.random.seed(0)
torch.manual_seed(0)
y = torch.randint(4, (400,))
x = torch.randn(400, 1, 10, 10)
x[torch.arange(400), 0, 2 * y, 3] += 4
model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Dropout2d(0.1), nn.Conv2d(8, 8, 3),
    nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveMaxPool2d(4), nn.Flatten(), nn.Linear(128, 4),
)  # fmt: skip
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=50)
for step in range(50):
    rows = random.sample(range(300), 32)
    loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    print(loss.item().hex(), schedule.get_last_lr())
    if step % 10 == 9:
        model.eval()
        with torch.no_grad():
            print("validation", model(x[300:]).sum().item().hex())
        model.train()
print_everything(model, optimizer)
