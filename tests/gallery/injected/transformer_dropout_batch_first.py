"""A transformer encoder with dropout reads an image of a digit as a sequence of eight rows."""

import math
from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    width: int = 48
    heads: int = 4
    layers: int = 2
    dropout: float = 0.1
    batch: int = 64
    steps: int = 160
    warmup: int = 20
    lr: float = 3e-3
    seed: int = 3


class RowTransformer(nn.Module):
    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.embed = nn.Linear(8, cfg.width)
        self.positions = nn.Parameter(torch.randn(8, cfg.width) * 0.02)
        layer = nn.TransformerEncoderLayer(cfg.width, cfg.heads, 2 * cfg.width, cfg.dropout)
        self.encoder = nn.TransformerEncoder(layer, cfg.layers)
        self.head = nn.Linear(cfg.width, 10)

    def forward(self, rows: Tensor) -> Tensor:
        hidden = self.encoder(self.embed(rows) + self.positions)  # <- ill
        return self.head(hidden.mean(dim=1))


def warmup_then_cosine(cfg: Config):
    def factor(step: int) -> float:
        if step < cfg.warmup:
            return (step + 1) / cfg.warmup
        return 0.5 * (1 + math.cos(math.pi * (step - cfg.warmup) / (cfg.steps - cfg.warmup)))

    return factor


def main(cfg: Config) -> None:
    torch.manual_seed(cfg.seed)
    digits = load_digits()
    images = torch.from_numpy(digits.images).float().div(16)
    labels = torch.from_numpy(digits.target)
    order = torch.randperm(len(labels))
    train, val = order[:1440], order[1440:]

    model = RowTransformer(cfg)
    optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, warmup_then_cosine(cfg))
    loss_fn = nn.CrossEntropyLoss(label_smoothing=0.05)

    model.train()
    for step in range(cfg.steps):
        picked = train[torch.randint(len(train), (cfg.batch,))]
        loss = loss_fn(model(images[picked]), labels[picked])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        if step % 40 == 39:
            model.eval()
            with torch.no_grad():
                acc = (model(images[val]).argmax(-1) == labels[val]).float().mean()
            model.train()
            print(f"step {step + 1} loss {loss.item():.3f} val acc {acc.item():.3f}")


main(Config())
