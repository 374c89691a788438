"""A causal word-piece-free language model whose output layer shares the embedding's weight."""

from dataclasses import dataclass
from pydoc_data.topics import topics

import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Settings:
    context: int = 24
    width: int = 48
    heads: int = 4
    blocks: int = 1
    batch: int = 32
    steps: int = 150
    lr: float = 8e-3


class Block(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.heads = s.heads
        self.norm1, self.norm2 = nn.LayerNorm(s.width), nn.LayerNorm(s.width)
        self.qkv = nn.Linear(s.width, 3 * s.width)
        self.mix = nn.Linear(s.width, s.width)
        self.mlp = nn.Sequential(nn.Linear(s.width, 4 * s.width), nn.GELU(), nn.Linear(4 * s.width, s.width))

    def attend(self, x):
        n, t, c = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.mix(out.transpose(1, 2).reshape(n, t, c))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class TiedLM(nn.Module):
    def __init__(self, vocabulary, s):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, s.width)
        self.positions = nn.Embedding(s.context, s.width)
        self.blocks = nn.Sequential(*[Block(s) for _ in range(s.blocks)])
        self.norm = nn.LayerNorm(s.width)
        self.head = nn.Linear(s.width, vocabulary, bias=False)
        for table in (self.tokens, self.positions):
            nn.init.normal_(table.weight, std=0.1)
        self.head.weight = self.tokens.weight

    def forward(self, ids, targets=None):
        h = self.tokens(ids) + self.positions(torch.arange(ids.size(1)))
        logits = self.head(self.norm(self.blocks(h)))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def sample_batch(data, s):
    starts = torch.randint(len(data) - s.context - 1, (s.batch,)).tolist()
    x = torch.stack([data[i : i + s.context] for i in starts])
    y = torch.stack([data[i + 1 : i + s.context + 1] for i in starts])
    return x, y


def main():
    s = Settings()
    torch.manual_seed(1337)
    text = (topics["assignment"] + topics["exceptions"] + topics["compound"])[:40000].lower()
    chars = sorted(set(text))
    data = torch.tensor([chars.index(c) for c in text])
    train, val = data[:36_000], data[36_000:]
    model = TiedLM(len(chars), s)
    optimizer = torch.optim.AdamW(model.parameters(), lr=s.lr, betas=(0.9, 0.98), weight_decay=0.05)
    for step in range(s.steps):
        _, loss = model(*sample_batch(train, s))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if (step + 1) % 50 == 0:
            model.eval()
            with torch.no_grad():
                _, val_loss = model(*sample_batch(val, s))
            model.train()
            print(f"step {step + 1} train {loss.item():.3f} val {val_loss.item():.3f}")


if __name__ == "__main__":
    main()
