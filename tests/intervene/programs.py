"""For each intervention a program that it is for, and one that it leaves alone or refuses in words."""

from dataclasses import dataclass, field
from typing import Any

HERE = "# here"
"""Marks the line that the cure names."""

START = """\
import random
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.functional import cross_entropy, dropout, nll_loss, softmax
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x, y = torch.randn(64, 8), torch.randint(0, 3, (64,))
"""

MODEL = "net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))\n"
SGD = "optimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n"

LOOP = """\
for step in range(24):
    batch = torch.randint(0, 64, (16,))
    loss = cross_entropy(net(x[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(torch.rand(1).item(), random.random(), np.random.rand())
"""

PLAIN = START + MODEL + SGD + LOOP


def plain(before: str = "", **changed: str) -> str:
    """The plain program with some of its lines replaced."""
    parts = {"model": MODEL, "optimizer": SGD, "loop": LOOP} | changed
    return START + before + parts["model"] + parts["optimizer"] + parts["loop"]


def loop(old: str, new: str) -> str:
    assert old in LOOP
    return LOOP.replace(old, new)


@dataclass(frozen=True)
class Case:
    """One intervention on two programs.

    Args:
        program: where it applies, with the line marked where the cure has one.
        aside: where it does nothing, or refuses; its marked line is named too.
        options: of the cure.
        refusal: words of the refusal on `aside`; None where it just finds nothing to change.
        draws: the cured program draws other random numbers, as one written so would, or prints other answers.
        everywhere: the cure names no line.
        scores: nothing changes but what is scored.
        silent: nothing changes that a program could show.
    """

    program: str
    aside: str
    options: dict[str, Any] = field(default_factory=dict)
    refusal: str | None = None
    draws: bool = False
    everywhere: bool = False
    scores: bool = False
    silent: bool = False


LBFGS = (
    f"optimizer = torch.optim.LBFGS(net.parameters(), lr=0.1, max_iter=2)  {HERE}\n",
    """\
for step in range(24):
    def closure():
        optimizer.zero_grad()
        loss = cross_entropy(net(x), y)
        loss.backward()
        return loss
    optimizer.step(closure)
""",
)
MADE = f"optimizer = torch.optim.SGD(net.parameters(), lr=0.1)  {HERE}\n"
ADAM_L2 = f"optimizer = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=0.1)  {HERE}\n"
ADAMW = f"optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)  {HERE}\n"
DROPOUT = "net = nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.5), nn.Linear(16, 3))\n"
NORMED = "net = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Linear(16, 3))\n"
LOADER = "loader = DataLoader(TensorDataset(x, y), batch_size=16)  # here\n"
BY_LOADER = """\
for epoch in range(8):
    for rows, labels in loader:
        loss = cross_entropy(net(rows), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
STREAM = """\
class Stream(torch.utils.data.IterableDataset):
    def __iter__(self):
        return iter(zip(x, y))
loader = DataLoader(Stream(), batch_size=16)  # here
"""
BATCHES = "loader = DataLoader(TensorDataset(x, y), batch_sampler=[range(16), range(16, 32)])  # here\n"
SCHEDULED = SGD + "scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)  # here\n"
PLATEAU = SGD + "scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)  # here\n"
CHAIN = """\
rise = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4)
fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
scheduler = torch.optim.lr_scheduler.{joined}  # here
"""
STEPPED = loop("optimizer.step()", "optimizer.step()\n    scheduler.step()")
IN_FORWARD = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(8, 16), nn.Linear(16, 3)
    def forward(self, x):
        {line}  # here
        return self.head(hidden)
net = Net()
"""
RECURRENT = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows, self.head = nn.LSTM(2, 6), nn.Linear(6, 3)
    def forward(self, x):
        states, _ = self.rows(x.reshape(-1, 4, 2))  # here
        return self.head(states[:, -1])
net = Net()
"""
HELD_APART = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = {value}  # here
        self.head = nn.Linear(8, 3)
    def forward(self, x):
        for layer in self.layers or []:
            x = layer(x)
        return self.head(x)
net = Net()
"""
BINARY = "net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten(0))\n"
YES = "cross_entropy(net(x[batch]), y[batch])"
IMAGES = "x = torch.randn(64, 1, 6, 6)\n"
CONVOLVED = "net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))\n"
EVALUATED = (
    LOOP
    + """\
    if step == 6:
        with torch.no_grad():
            right = (net(x).argmax(1) == y).sum()  # here
"""
)
OVER_LOADER = (
    LOOP
    + """\
    with torch.no_grad():
        print([len(rows) for rows, _ in loader], loader.batch_size, len(loader))
"""
)
IN_EVAL = EVALUATED.replace("with torch", "net.eval()\n        with torch") + "        net.train()\n"
WORKERS = """\
class Noisy(torch.utils.data.Dataset):
    def __len__(self):
        return 64
    def __getitem__(self, index):
        return x[index] + float(np.random.rand()), y[index]
def start(worker):
    np.random.seed(0)
loader = DataLoader(Noisy(), batch_size=16, num_workers={workers}, worker_init_fn=start)  # here
"""

NORMED = "net = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))\n"
WITHOUT_RATE = """\
class Fixed(torch.optim.Optimizer):
    def __init__(self, params):
        super().__init__(params, {})
    @torch.no_grad()
    def step(self):
        for p in self.param_groups[0]["params"]:
            p -= 0.1 * p.grad
optimizer = Fixed(net.parameters())
"""

CASES: dict[str, Case] = {
    "accumulate": Case(PLAIN, plain(optimizer=LBFGS[0], loop=LBFGS[1]), {"every": 2}, "by a closure", everywhere=True),
    "align_shapes": Case(
        plain(
            model="net = nn.Linear(8, 1)\n",
            loop=loop(YES, "((net(x[batch]) - y[batch]) ** 2).mean()  # here"),
        ),
        plain(model=BINARY, loop=loop(YES, "((net(x[batch]) - y[batch]) ** 2).mean()  # here")),
    ),
    "apply_sigmoid": Case(
        plain(
            model=BINARY,
            loop=loop(YES, "F.binary_cross_entropy(net(x[batch]).clamp(0, 1), (y[batch] > 0).float())  # here"),
        ),
        plain(loop=loop("optimizer.zero_grad()", "optimizer.zero_grad()  # here")),
        {"function": "clamp"},
    ),
    "augment": Case(
        plain(before=IMAGES, model=CONVOLVED), PLAIN, {"strength": 0.5}, "no batch of float images", draws=True,
        everywhere=True,
    ),
    "average_statistics": Case(plain(model=NORMED), PLAIN, everywhere=True),
    "blank_inputs": Case(
        PLAIN, plain(model="net = nn.Linear(8, 3)\n", loop=loop("net(x[batch])", "net(input=x[batch])")), {},
        "as its first argument", everywhere=True,
    ),
    "clear_gradients": Case(
        plain(loop=LOOP.replace("    optimizer.zero_grad()\n", "").replace("backward()", "backward()  # here")),
        plain(loop=loop("batch = ", "batch = 0 * step + ").replace("y[batch])", "y[batch])  # here")),
    ),
    "climb_sizes": Case(
        plain(before=LOADER, loop=BY_LOADER), plain(before=BATCHES, loop=BY_LOADER),
        {"loader": 0, "size": 8, "sizes": [8, 32], "begin": 8}, "whole batches", everywhere=True,
    ),
    "clip_gradients": Case(
        plain(optimizer=MADE), plain(optimizer=LBFGS[0], loop=LBFGS[1]), {"norm": 0.01}, "within the step"
    ),
    "compare_gradients": Case(
        PLAIN, plain(optimizer=LBFGS[0], loop=LBFGS[1]), {"begin": 2, "groups": 2, "batches": 2}, "several weights",
        everywhere=True,
    ),
    "compress_schedule": Case(
        plain(optimizer=SCHEDULED, loop=STEPPED),
        plain(optimizer=PLATEAU, loop=STEPPED.replace("scheduler.step()", "scheduler.step(1.0)")),
        {"calls": 24, "steps": 8}, "metric", everywhere=True,
    ),
    "cut_evaluation": Case(
        plain(before=LOADER, loop=OVER_LOADER), plain(before=LOADER, loop=BY_LOADER), draws=True, everywhere=True
    ),
    "decouple_decay": Case(
        plain(optimizer=ADAM_L2), plain(optimizer=ADAMW), {}, "directly already"
    ),
    "fill_inputs": Case(
        plain(before="x[3, 2] = float('nan')\n", loop=loop("y[batch])", "y[batch])  # here")),
        plain(loop=loop("y[batch])", "y[batch])  # here")),
    ),
    "guard_operand": Case(
        plain(loop=loop(YES, "-softmax(100 * net(x[batch]), 1).gather(1, y[batch, None]).log().mean()  # here")),
        plain(loop=loop(YES, YES + "  # here")),
        {"function": "log"},
    ),
    "hold_back": Case(
        plain(before=LOADER, loop=OVER_LOADER), PLAIN, {"loader": 0, "most": 8}, draws=True, everywhere=True
    ),
    "hold_parameters": Case(
        plain(optimizer="optimizer = torch.optim.Adam(net[2].parameters(), lr=0.01)  # here\n"),
        plain(optimizer="optimizer = torch.optim.Adagrad(net[2].parameters(), lr=0.01)  # here\n"), {}, "Adagrad",
    ),
    "limit_memory": Case(PLAIN, PLAIN, {"bytes": 1 << 32}, everywhere=True, silent=True),
    "move_samples_to_front": Case(
        plain(
            model=IN_FORWARD.format(line="hidden = self.body(x).transpose(0, 1).reshape(len(x), -1)"),
        ),
        plain(model=IN_FORWARD.format(line="hidden = self.body(x)")),
        {"batch_dim": 1},
    ),
    "multiply_rates": Case(PLAIN, plain(optimizer=WITHOUT_RATE), {"multipliers": [3.0]}, everywhere=True),
    "pass_gradients": Case(
        plain(model=IN_FORWARD.format(line="hidden = self.body(x).detach()")),
        plain(model=IN_FORWARD.format(line="hidden = self.body(x)")),
    ),
    "plan_batches": Case(
        plain(before=LOADER, loop=BY_LOADER), plain(before=BATCHES, loop=BY_LOADER), {"loader": 0, "size": 8},
        "whole batches", everywhere=True,
    ),
    "redraw_weights": Case(
        plain(model=MODEL + "nn.init.constant_(net[0].weight, 0.1)\n"), PLAIN, {"names": ["0.weight"]}, everywhere=True
    ),
    "register_layers": Case(
        plain(model=HELD_APART.format(value="[nn.Linear(8, 8), nn.ReLU()]")),
        plain(model=HELD_APART.format(value="None")),
        {"content": "Linear"},
    ),
    "repeat_batch": Case(
        PLAIN, plain(loop=loop("randint(0, 64, (16,))", "arange(16)").replace("    print", "    net.eval()\n    #")),
        everywhere=True,
    ),
    "replace_answers": Case(
        plain(loop=EVALUATED.replace("# here", "\n            print(int(right))")), PLAIN, draws=True, everywhere=True
    ),
    "lengthen_schedule": Case(
        plain(
            optimizer=SCHEDULED.replace("ExponentialLR(optimizer, gamma=0.5)", "CosineAnnealingLR(optimizer, 5)"),
            loop=loop("optimizer.step()", "optimizer.step()\n    scheduler.step()"),
        ),
        plain(optimizer=SCHEDULED),
        {"calls": 20}, "no length to set",
    ),
    "replace_schedule": Case(
        plain(optimizer=SCHEDULED, loop=loop("optimizer.step()", "optimizer.step()\n    scheduler.step()")),
        plain(optimizer=SGD + f"unused = torch.zeros(1)  {HERE}\n"),
        {"shape": "cosine", "steps": 10, "warmup": 2},
    ),
    "scale_inputs": Case(
        plain(before="x = 100 * x + 7\n", loop=loop("y[batch])", "y[batch])  # here")),
        plain(
            model="net = nn.EmbeddingBag(64, 3)\n",
            loop=loop("net(x[batch]), y[batch])", "net((4 * x[batch]).long() % 64), y[batch])  # here"),
        ), {}, "batch of features",
    ),
    "scale_rates": Case(
        plain(
            optimizer="optimizer = torch.optim.SGD([{'params': net.parameters(), 'lr_scale': 0.5}], lr=0.1)  # here\n"
        ),
        plain(optimizer=MADE),
    ),
    "score_in_eval_mode": Case(
        plain(model=DROPOUT, loop=EVALUATED), plain(model=DROPOUT, loop=LOOP + "    unused = 0  # here\n"), scores=True
    ),
    "score_without_dropout": Case(
        plain(
            model=IN_FORWARD.format(line="hidden = dropout(self.body(x), 0.5)"), loop=IN_EVAL.replace("  # here", "")
        ),
        plain(model=DROPOUT, loop=IN_EVAL.replace("# here", "") + "    unused = 0  # here\n"),
        scores=True,
    ),
    "seed_workers": Case(
        plain(before=WORKERS.format(workers=2), loop=BY_LOADER), plain(before=WORKERS.format(workers=0), loop=BY_LOADER)
    ),
    "sequence_schedules": Case(
        plain(
            optimizer=SGD + CHAIN.format(joined="ChainedScheduler([rise, fall])"),
            loop=loop("optimizer.step()", "optimizer.step()\n    scheduler.step()"),
        ),
        plain(
            optimizer=SGD + CHAIN.format(joined="ChainedScheduler([rise, fall, rise])"),
            loop=loop("optimizer.step()", "optimizer.step()\n    scheduler.step()"),
        ),
        {"warmup": 4}, "has 3 members",
    ),
    "set_batch_size": Case(
        plain(before=LOADER, loop=BY_LOADER), plain(before=BATCHES, loop=BY_LOADER), {"size": 8}, "whole batches"
    ),
    "set_dropout": Case(plain(model=DROPOUT), PLAIN, {"rate": 0.1}, everywhere=True),
    "set_hyperparameters": Case(
        plain(optimizer=MADE), plain(optimizer=LBFGS[0], loop=LBFGS[1]), {"weight_decay": 0.1, "momentum": 0.9},
        "has no weight_decay",
    ),
    "set_plateau_mode": Case(
        plain(
            optimizer=PLATEAU.replace("(optimizer)", "(optimizer, 'max', patience=0)"),
            loop=loop("optimizer.step()", "optimizer.step()\n    scheduler.step(1 / (1 + step))"),
        ),
        plain(optimizer=SCHEDULED), {"mode": "min"}, "follows no metric",
    ),
    "set_rate": Case(
        plain(optimizer=MADE),
        plain(optimizer="optimizer = torch.optim.SGD(net.parameters(), lr=torch.tensor(0.1))  # here\n"),
        {"factor": 0.1}, "in a tensor",
    ),
    "shuffle": Case(
        plain(before=LOADER, loop=BY_LOADER), plain(before=STREAM, loop=BY_LOADER), {}, "IterableDataset", draws=True
    ),
    "skip_activation": Case(
        plain(loop=loop("net(x[batch])", "softmax(net(x[batch]), 1)").replace("y[batch])", "y[batch])  # here")),
        plain(loop=loop("y[batch])", "y[batch])  # here")),
        {"function": "softmax"},
    ),
    "smooth_labels": Case(
        PLAIN, plain(loop=loop(YES, "net(x[batch]).square().mean()")), {"smoothing": 0.2}, everywhere=True
    ),
    "softmax_over_classes": Case(
        plain(loop=loop(YES, "nll_loss(F.log_softmax(net(x[batch]), 0), y[batch])  # here")),
        plain(loop=loop(YES, "nll_loss(F.log_softmax(net(x[batch]), 1), y[batch])  # here")),
    ),
    "step_after_backward": Case(
        plain(
            loop="""\
for step in range(24):
    batch = torch.randint(0, 64, (16,))
    optimizer.zero_grad()
    loss = cross_entropy(net(x[batch]), y[batch])
    optimizer.step()  # here
    loss.backward()
"""
        ),
        plain(optimizer=LBFGS[0].replace(HERE, ""), loop=LBFGS[1].replace("(closure)", "(closure)  # here")), {},
        "by a closure",
    ),
    "step_schedule": Case(
        plain(optimizer=SCHEDULED, loop=loop("optimizer.step()", "optimizer.step()\n    scheduler.step()")),
        plain(optimizer=PLATEAU, loop=loop("optimizer.step()", "optimizer.step()\n    scheduler.step(1.0)")),
        {"every": 4}, "metric",
    ),
    "swap_batch_first": Case(plain(model=RECURRENT), plain(model=IN_FORWARD.format(line="hidden = self.body(x)"))),
    "take_log_probabilities": Case(
        plain(loop=loop(YES, "nll_loss(net(x[batch]), y[batch])  # here")), plain(loop=loop(YES, YES + "  # here")),
        {"function": "nll_loss"},
    ),
    "train_mode": Case(
        plain(model=NORMED + "net.eval()\n", loop=loop("y[batch])", "y[batch])  # here")),
        plain(model=NORMED, loop=loop("y[batch])", "y[batch])  # here")),
    ),
    "unfreeze": Case(
        plain(model=MODEL + "for p in net[0].parameters():\n    p.requires_grad = False\n", optimizer=MADE),
        plain(optimizer=MADE),
    ),
    "use_recipe": Case(
        plain(model=DROPOUT, optimizer=MADE), plain(optimizer=LBFGS[0], loop=LBFGS[1]),
        {"steps": 8, "epochs": 2.0, "samples": 64, "batch_size": 16}, "within the step",
    ),
}  # fmt: skip
