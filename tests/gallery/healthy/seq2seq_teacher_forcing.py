"""An encoder and a decoder with padding ignored in the loss: spelling numbers backwards, teacher forcing."""

import random

import torch
from torch import nn

PAD, START, END = 10, 11, 12


def make_pairs(n, seed):
    rng = random.Random(seed)
    return [[rng.randrange(10) for _ in range(rng.randint(2, 4))] for _ in range(n)]


def tensors(numbers):
    source = torch.full((len(numbers), 4), PAD)
    target = torch.full((len(numbers), 6), PAD)
    for i, digits in enumerate(numbers):
        source[i, : len(digits)] = torch.tensor(digits)
        target[i, : len(digits) + 2] = torch.tensor([START, *reversed(digits), END])
    return source, target


class Seq2Seq(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.source_embedding = nn.Embedding(13, width, padding_idx=PAD)
        self.target_embedding = nn.Embedding(13, width, padding_idx=PAD)
        self.encoder = nn.GRU(width, width, batch_first=True)
        self.decoder = nn.GRU(width, width, batch_first=True)
        self.query = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(2 * width, 13)

    def forward(self, source, target):
        memory, state = self.encoder(self.source_embedding(source))
        states, _ = self.decoder(self.target_embedding(target), state)
        scores = self.query(states) @ memory.transpose(1, 2)
        scores = scores.masked_fill((source == PAD)[:, None, :], float("-inf"))
        context = scores.softmax(-1) @ memory
        return self.out(torch.cat([states, context], -1))


torch.manual_seed(1)
source, target = tensors(make_pairs(2000, 1))
val_source, val_target = tensors(make_pairs(200, 2))
model = Seq2Seq()
optimizer = torch.optim.Adam(model.parameters(), lr=6e-3)
criterion = nn.CrossEntropyLoss(ignore_index=PAD)
for step in range(1, 181):
    rows = torch.randint(len(source), (64,))
    logits = model(source[rows], target[rows, :-1])
    loss = criterion(logits.flatten(0, 1), target[rows, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 60 == 0:
        with torch.no_grad():
            guess = model(val_source, val_target[:, :-1]).argmax(-1)
        real = val_target[:, 1:] != PAD
        print(
            f"step {step} loss {loss.item():.3f} symbols right {(guess == val_target[:, 1:])[real].float().mean():.3f}"
        )
