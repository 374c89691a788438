import random

import numpy as np
import torch
from ending import print_everything
from torch import nn


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 32)
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(32, 20)

    def forward(self, ids: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(self.embedding(ids), src_key_padding_mask=padding).mean(1))


random.seed(0)
np.random.seed(0)
torch.manual_seed(0)
ids = torch.randint(20, (300, 9))
padding = torch.arange(9) >= torch.randint(4, 10, (300, 1))
target = ids[:, 0]
model = Model()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for step in range(50):
    rows = torch.randint(240, (32,))
    loss = nn.functional.cross_entropy(model(ids[rows], padding[rows]), target[rows])
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    print(loss.item().hex())
    if step % 10 == 9:
        model.eval()  # without gradients and in this mode the encoder takes its fused path, which has other numerics
        with torch.no_grad():
            print("validation", model(ids[240:], padding[240:]).double().sum().item().hex())
        model.train()
print_everything(model, optimizer)
