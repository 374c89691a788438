"""A run forked from a server that has imported what the script begins with is the run that imports it itself."""

from pathlib import Path

import pytest
from test_batch_frameworks import ACCELERATE, LIGHTNING, TRAINER
from trying import Bench, Tried

from wellfit.model.cure import Cure

PLAIN = """\
import random

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

x, y = load_digits(return_X_y=True)
x, _, y, _ = train_test_split(torch.tensor(x, dtype=torch.float32), torch.tensor(y), test_size=random.random() / 2)
x = x + torch.tensor(np.random.rand(*x.shape), dtype=torch.float32)
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(random.uniform(0.1, 0.5)), nn.Linear(32, 10))
optimizer = torch.optim.Adam(net.parameters())
for batch, labels in loader:
    optimizer.zero_grad()
    cross_entropy(net(batch), labels).backward()
    optimizer.step()
"""

UNSEEDED = LIGHTNING.replace("lightning.seed_everything(0, verbose=False)\n", "import random\n").replace(
    "nn.ReLU()", "nn.Dropout(random.random())"
)

SCRIPTS = {
    "plain": (PLAIN, "sklearn"),
    "lightning": (LIGHTNING, "lightning"),
    "lightning, unseeded": (UNSEEDED, "lightning"),
    "trainer": (TRAINER, "transformers.trainer"),
    "accelerate": (ACCELERATE, "accelerate"),
}


def seen(tried: Tried) -> tuple[object, ...]:
    assert tried.end.exit_code == 0, tried.output
    assert tried.errors == ()
    assert len(tried.losses) > 5
    scores = [(score.place, score.score) for score in tried.scores]
    return tried.losses, tried.weights, scores, [change.times for change in tried.of(type(tried.changed))]


@pytest.mark.parametrize("name", SCRIPTS)
def test_losses_and_weights_are_the_same_bit_for_bit(name: str, tmp_path: Path) -> None:
    text, module = SCRIPTS[name]
    script = tmp_path / "train.py"
    script.write_text(text)
    cures = (Cure("set_dropout", None, {"rate": 0.2}), Cure("clip_gradients", None, {"norm": 0.5}))
    options = {"train": 8, "score": 2}
    with Bench(script) as bench:
        cold = [seen(bench.run(cures, seed=seed, **options)) for seed in (0, 1)]
        assert bench.import_ahead() == ""
        warm = [seen(bench.run(cures, seed=seed, **options)) for seed in (0, 1)]
        bench.write(f"import sys\nprint({module!r} in sys.modules)")
        assert bench.run().output == "True\n"
    assert warm == cold
    assert cold[0] != cold[1]
