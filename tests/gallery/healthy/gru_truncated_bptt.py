"""Character-level GRU with truncated back-propagation through time on Python's language reference."""

import torch
from pydoc_data.topics import topics
from torch import nn

torch.manual_seed(5)

BATCH, WINDOW, HIDDEN, EPOCHS = 32, 24, 96, 3

text = "".join(topics[key] for key in ("assignment", "exceptions", "naming", "try"))[:32_000].lower()
alphabet = sorted(set(text))
index = {c: i for i, c in enumerate(alphabet)}
ids = torch.tensor([index[c] for c in text])
streams = ids[: len(ids) // BATCH * BATCH].view(BATCH, -1)


class CharGRU(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 32)
        self.gru = nn.GRU(32, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, vocabulary)

    def forward(self, tokens, state=None):
        features, state = self.gru(self.embedding(tokens), state)
        return self.out(features), state


model = CharGRU(len(alphabet))
optimizer = torch.optim.Adam(model.parameters(), lr=6e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(EPOCHS):
    state = None
    total, windows = 0.0, 0
    for start in range(0, streams.size(1) - WINDOW - 1, WINDOW):
        inputs = streams[:, start : start + WINDOW]
        targets = streams[:, start + 1 : start + WINDOW + 1]
        if state is not None:
            state = state.detach()  # the gradient stops here, the memory goes on
        logits, state = model(inputs, state)
        loss = criterion(logits.reshape(-1, len(alphabet)), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        windows += 1
    print(f"epoch {epoch}: {total / windows:.3f} nats per character")
