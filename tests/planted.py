"""Small trainings on digits that do not come back, each for one planted reason."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

HEAD = """
import os, random, time
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset
digits = np.load(os.path.join(os.path.dirname(__file__), "digits.npz"))
x, y = torch.tensor(digits["x"], dtype=torch.float32) / 16, torch.tensor(digits["y"])
"""
NET = "net = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))\n"
DROPPING = "net = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 10))\n"
SHUFFLED = "loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True)\n"
IN_ORDER = "loader = DataLoader(TensorDataset(x, y), batch_size=40)\n"
LOOP = """
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(2):
    for a, b in loader:
        {before}
        loss = F.cross_entropy(net(a), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
"""
NOISY = """
class Noisy(Dataset):
    def __init__(self): self.rng = np.random.default_rng()
    def __len__(self): return 400
    def __getitem__(self, i): return x[i] + torch.tensor(self.rng.normal(size=64) * 0.1, dtype=torch.float32), y[i]
"""
IN_WORKERS = """
class Noisy(Dataset):
    def __len__(self): return 400
    def __getitem__(self, i): return x[i] + torch.tensor(np.random.normal(size=64) * 0.1, dtype=torch.float32), y[i]
def begin(worker):
    np.random.seed(time.time_ns() % 2**32)
"""
RACING = """
torch.set_num_threads(2)
class Pool(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(64, 10)
    def forward(self, v):
        wide = v.repeat(1, 40).flatten()
        where = torch.arange(len(wide)) % 7
        total = torch.zeros(7).index_put_((where,), wide * 0.37, accumulate=True)
        return self.linear(v) + total.sum() * 1e-4
net = Pool()
"""
NAMES = """
names = list({f"class {number}" for number in range(10)})
y = torch.tensor([names.index(f"class {int(number)}") for number in y])
"""


def script(*parts: str, before: str = "pass") -> str:
    return HEAD + "".join(parts) + LOOP.format(before=before)


COMES_BACK = script(DROPPING, SHUFFLED.replace("shuffle=True", "shuffle=True, num_workers=2"))
INIT = script("torch.manual_seed(time.time_ns() % 100003)\n", NET, "torch.manual_seed(1)\n", SHUFFLED)
ORDER = script(NET, "own = torch.Generator()\nown.seed()\n", SHUFFLED.replace("True", "True, generator=own"))
NOISE = script(NOISY, NET, "loader = DataLoader(Noisy(), batch_size=40)\n")
WORKERS = script(IN_WORKERS, NET, "loader = DataLoader(Noisy(), batch_size=40, num_workers=2, worker_init_fn=begin)\n")
RESEEDED = script(DROPPING, IN_ORDER, before="torch.manual_seed(time.time_ns() % 100003)")
CLOCKED = script(NET, SHUFFLED, before="a = a * (1 + time.time() % 1)")
DRAWN_ROWS = "random.seed(os.urandom(8))\nrows = random.sample(range(400), 400)\nx, y = x[rows], y[rows]\n"
ROWS = script(DRAWN_ROWS, NET, IN_ORDER)
SETS = script(NAMES, NET, SHUFFLED)
RACE = script(RACING, IN_ORDER)


def line_of(text: str, part: str) -> int:
    """Number of the first line that holds this."""
    return 1 + next(number for number, line in enumerate(text.splitlines()) if part in line)


def write(folder: Path, text: str) -> Path:
    """Put a script and its digits into a folder."""
    x, y = load_digits(return_X_y=True)
    np.savez(folder / "digits.npz", x=x[:400], y=y[:400])
    path = folder / "train.py"
    path.write_text(text)
    return path
