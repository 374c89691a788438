"""A GRU that writes Python's documentation, character by character; many answers a sample."""

from pydoc_data.topics import topics

import torch
from torch import nn
from torch.nn import functional as F
from truth import cross_entropy, tell

torch.manual_seed(0)
text = (topics["assignment"] + topics["exceptions"] + topics["compound"])[:16_000].lower()
alphabet = sorted(set(text))
ids = torch.tensor([alphabet.index(c) for c in text])[: 16_000 // 25 * 25].view(-1, 25)
ids = ids[torch.randperm(len(ids))]
train, test = ids[:480], ids[480:]


class Writer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(len(alphabet), 24)
        self.cell, self.out = nn.GRU(24, 64, batch_first=True), nn.Linear(64, len(alphabet))

    def forward(self, x):
        return self.out(self.cell(self.embed(x))[0])


model = Writer()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(10):
    model.train()
    for rows in torch.randperm(len(train)).split(32):
        window = train[rows]
        loss = F.cross_entropy(model(window[:, :-1]).transpose(1, 2), window[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        loss = F.cross_entropy(model(test[:, :-1]).transpose(1, 2), test[:, 1:])
        print(epoch, loss.item())
    tell(model, 15 * (epoch + 1), (train[:, :-1], train[:, 1:]), (test[:, :-1], test[:, 1:]), cross_entropy)
