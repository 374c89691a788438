"""Small networks of many families, written as users write them, with names that say nothing of the family."""

import math

import torch
from torch import nn
from torch.nn import functional as F


class Thing(nn.Module):
    """A convolutional network; the name lies on purpose."""

    def __init__(self, norm=nn.BatchNorm2d, stride=1):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=stride, padding=1),
            norm(8),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, 2, 1),
            norm(16),
            nn.ReLU(),
        )
        self.transformer = nn.Linear(16, 10)

    def forward(self, x):
        return self.transformer(self.body(x).mean((2, 3)))


def mobile():
    def block(i, o):
        return nn.Sequential(
            nn.Conv2d(i, i, 3, padding=1, groups=i),
            nn.GroupNorm(1, i),
            nn.ReLU(),
            nn.Conv2d(i, o, 1),
            nn.GroupNorm(1, o),
        )

    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), block(8, 16), block(16, 16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5)
    )


class NextBlock(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.dw, self.norm = nn.Conv2d(d, d, 7, padding=3, groups=d), nn.LayerNorm(d)
        self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x):
        y = self.dw(x).permute(0, 2, 3, 1)
        return x + self.down(F.gelu(self.up(self.norm(y)))).permute(0, 3, 1, 2)


def convnext():
    return nn.Sequential(
        nn.Conv2d(3, 16, 4, 4), NextBlock(16), nn.Conv2d(16, 32, 2, 2), NextBlock(32), nn.Flatten(), nn.Linear(128, 5)
    )


class Mix(nn.Module):
    def __init__(self, tokens, d):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.t1, self.t2 = nn.Linear(tokens, 32), nn.Linear(32, tokens)
        self.c1, self.c2 = nn.Linear(d, 32), nn.Linear(32, d)

    def forward(self, x):
        x = x + self.t2(F.gelu(self.t1(self.n1(x).transpose(1, 2)))).transpose(1, 2)
        return x + self.c2(F.gelu(self.c1(self.n2(x))))


class Mixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 2, 2)
        self.mix = nn.Sequential(Mix(16, 16), Mix(16, 16))
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        return self.head(self.mix(self.stem(x).flatten(2).transpose(1, 2)).mean(1))


class Vit(nn.Module):
    def __init__(self, channels=1, size=8, patch=2, d=32):
        super().__init__()
        self.cut = nn.Conv2d(channels, d, patch, patch)
        self.where = nn.Parameter(torch.randn(1, (size // patch) ** 2, d) * 0.02)
        layer = nn.TransformerEncoderLayer(d, 4, 2 * d, 0.0, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(d, 10)

    def forward(self, x):
        return self.head(self.body(self.cut(x).flatten(2).transpose(1, 2) + self.where).mean(1))


class Head(nn.Module):
    """One head, as in the tutorials at the level of characters."""

    def __init__(self, d, size, context):
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(d, size, bias=False) for _ in range(3))
        self.register_buffer("m", torch.tril(torch.ones(context, context)))

    def forward(self, x):
        t = x.shape[1]
        w = self.a(x) @ self.b(x).transpose(-2, -1) / math.sqrt(x.shape[-1])
        return F.softmax(w.masked_fill(self.m[:t, :t] == 0, float("-inf")), dim=-1) @ self.c(x)


class Layer(nn.Module):
    def __init__(self, d, heads, context):
        super().__init__()
        self.heads = nn.ModuleList(Head(d, d // heads, context) for _ in range(heads))
        self.out, self.ff = nn.Linear(d, d), nn.Sequential(nn.Linear(d, 4 * d), nn.ReLU(), nn.Linear(4 * d, d))
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, x):
        y = self.n1(x)
        x = x + self.out(torch.cat([h(y) for h in self.heads], -1))
        return x + self.ff(self.n2(x))


class Bigram(nn.Module):
    """A hand-written GPT under the name that the tutorial keeps."""

    def __init__(self, vocab=30, d=32, context=16):
        super().__init__()
        self.emb, self.pos = nn.Embedding(vocab, d), nn.Embedding(context, d)
        self.blocks = nn.Sequential(Layer(d, 4, context), Layer(d, 4, context))
        self.head = nn.Linear(d, vocab)

    def forward(self, ids, targets=None):
        x = self.emb(ids) + self.pos(torch.arange(ids.shape[1]))
        return self.head(self.blocks(x))


class Fused(nn.Module):
    """Queries, keys and values in one layer; torch's attention does the mask."""

    def __init__(self, d=32):
        super().__init__()
        self.qkv, self.proj = nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        return self.proj(F.scaled_dot_product_attention(q, k, v, is_causal=True))


class Flash(nn.Module):
    def __init__(self, vocab=30, d=32):
        super().__init__()
        self.emb, self.layer, self.head = nn.Embedding(vocab, d), Fused(d), nn.Linear(d, vocab, bias=False)
        self.head.weight = self.emb.weight

    def forward(self, ids):
        return self.head(self.layer(self.emb(ids)))


class Both(nn.Module):
    """An encoder over tokens."""

    def __init__(self, vocab=30, d=32, classes=4):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.body = nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 4, 64, batch_first=True), 2)
        self.head = nn.Linear(d, classes)

    def forward(self, ids):
        return self.head(self.body(self.emb(ids)).mean(1))


class Conv(nn.Module):
    """A graph convolution; nothing here convolves a grid."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(16, 8), nn.Linear(8, 3)

    def forward(self, x, adjacency):
        return adjacency @ self.two(torch.relu(adjacency @ self.one(x)))


class Messages(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(16, 8), nn.Linear(8, 3)

    def forward(self, x, edges):
        h = torch.relu(self.one(x))
        return self.two(torch.zeros_like(h).index_add(0, edges[1], h[edges[0]]))


class Reader(nn.Module):
    def __init__(self, vocab=30, out=4, kind=nn.LSTM):
        super().__init__()
        self.emb, self.rnn, self.head = nn.Embedding(vocab, 16), kind(16, 32, batch_first=True), nn.Linear(32, out)

    def forward(self, ids):
        return self.head(self.rnn(self.emb(ids))[0][:, -1])


class Even(nn.Module):
    """Three equal layers side by side, and no attention."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.out = nn.Linear(32, 32), nn.Linear(32, 32), nn.Linear(32, 32), nn.Linear(32, 2)

    def forward(self, x):
        return self.out(torch.relu(self.v(torch.relu(self.k(torch.relu(self.q(x)))))))


class Unet(nn.Module):
    def __init__(self, steered=True, out=3):
        super().__init__()
        self.down, self.mid = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, 2, 1)
        self.t = nn.Linear(1, 8)
        self.up, self.out = nn.ConvTranspose2d(8, 8, 2, 2), nn.Conv2d(16, out, 3, padding=1)
        if not steered:
            self.forward = lambda x: self.run(x, torch.zeros(len(x)))

    def forward(self, x, t):
        return self.run(x, t)

    def run(self, x, t):
        a = self.down(x)
        b = self.mid(a) + self.t(t[:, None])[:, :, None, None]
        return self.out(torch.cat([a, self.up(b)], 1))


class Table(nn.Module):
    """A token for each column."""

    class Columns(nn.Module):
        def __init__(self, n, d):
            super().__init__()
            self.w, self.b = nn.Parameter(torch.randn(n, d)), nn.Parameter(torch.randn(n, d))

        def forward(self, x):
            return x[..., None] * self.w + self.b

    def __init__(self):
        super().__init__()
        self.columns = self.Columns(6, 16)
        self.body = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 1)
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.body(self.columns(x)).mean(1))


def perceptron():
    return nn.Sequential(nn.Linear(30, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 2))


class Scale(nn.Module):
    """Nothing that any family has."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(3))

    def forward(self, x):
        return x * self.gain
