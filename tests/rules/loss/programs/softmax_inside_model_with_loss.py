"""The model computes its own loss, as the large libraries' models do."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, inputs, labels=None):
        logits = F.softmax(self.body(inputs), dim=-1)  # wellfit: WF101
        loss = None
        if labels is not None:
            loss = nn.CrossEntropyLoss()(logits.view(-1, 10), labels.view(-1))
        return {"loss": loss, "logits": logits}


net = Classifier()

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    loss = net(images[batch], labels=labels[batch])["loss"]
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
