"""A character-level transformer language model on Python's language reference (healthy)."""

import argparse
import math
import time
from pydoc_data.topics import topics

import torch
from torch import nn


class CharTransformer(nn.Module):
    def __init__(self, characters, context, width, heads=4):
        super().__init__()
        self.tokens = nn.Embedding(characters, width)
        self.positions = nn.Parameter(torch.randn(context, width) * 0.02)
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.05, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, num_layers=1, enable_nested_tensor=False)
        self.head = nn.Linear(width, characters)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(context))

    def forward(self, ids):
        length = ids.size(1)
        x = self.tokens(ids) + self.positions[:length]
        x = self.blocks(x, mask=self.mask[:length, :length], is_causal=True)
        return self.head(x)


class Text:
    def __init__(self, size, context):
        raw = "".join(topics[name] for name in ("exceptions", "assignment", "compound", "import", "naming"))[
            :size
        ].lower()
        self.alphabet = sorted(set(raw))
        index = {c: i for i, c in enumerate(self.alphabet)}
        ids = torch.tensor([index[c] for c in raw])
        split = int(0.9 * len(ids))
        self.train, self.validation = ids[:split], ids[split:]
        self.context = context

    def batch(self, ids, size):
        starts = torch.randint(len(ids) - self.context - 1, (size, 1))
        window = ids[starts + torch.arange(self.context + 1)]
        return window[:, :-1], window[:, 1:]


def loss_of(model, inputs, targets):
    return nn.functional.cross_entropy(model(inputs).transpose(1, 2), targets)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--context", type=int, default=32)
    parser.add_argument("--lr", type=float, default=6e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    text = Text(60_000, args.context)
    model = CharTransformer(len(text.alphabet), args.context, width=48)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=args.lr, total_steps=args.steps)
    print(
        f"{len(text.train):,} characters, {len(text.alphabet)} different ones, ln = {math.log(len(text.alphabet)):.3f}"
    )
    began = time.perf_counter()
    for step in range(1, args.steps + 1):
        model.train()
        loss = loss_of(model, *text.batch(text.train, 32))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 60 == 0:
            model.eval()
            with torch.no_grad():
                validation = loss_of(model, *text.batch(text.validation, 64))
            print(f"step {step:4d}   train {loss.item():.3f}   validation {validation.item():.3f}")
    print(f"{1000 * (time.perf_counter() - began) / args.steps:.1f} ms a step")


if __name__ == "__main__":
    main()
