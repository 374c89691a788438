"""Small programs that train a network on images, each with a loop of another style; twelve optimizer steps each."""

from dataclasses import dataclass

HEAD = """\
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = torch.rand(32, 1, 6, 6), torch.arange(32) % 3
net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 3))
"""
LOADER = "loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)\n"
MADE = "optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)\n"


@dataclass(frozen=True)
class Style:
    """A program.

    Args:
        text: of it.
        written: pieces of text that stand in the edited program.
    """

    text: str
    written: tuple[str, ...]


def plain(loop: str, *, before: str = LOADER + MADE) -> str:
    return HEAD + before + loop


STEP = "F.cross_entropy(net(a), b).backward()"

STYLES = {
    "enumerate at the top level": Style(
        plain(f"""\
for epoch in range(3):
    net.train()
    for i, (a, b) in enumerate(loader):
        optimizer.zero_grad()
        {STEP}
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(float(F.cross_entropy(net(x), y)))
"""),
        (
            'scheduler = wellfit.schedule(optimizer, "cosine", 3 * len(loader), min_ratio=0.0)\nfor epoch in range(3):',
            "        optimizer.step()\n        scheduler.step()\n",
        ),
    ),
    "a function of both loops": Style(
        plain(
            f"""\
def main(epochs=3):
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    for epoch in range(1, epochs + 1):
        for a, b in loader:
            optimizer.zero_grad()
            {STEP}
            optimizer.step()

main()
""",
            before=LOADER,
        ),
        ('    scheduler = wellfit.schedule(optimizer, "cosine", epochs * len(loader), min_ratio=0.0)\n',),
    ),
    "an epoch as a function": Style(
        plain(
            """\
import argparse

def train_epoch(model, data, optim):
    model.train()
    for a, b in data:
        optim.zero_grad()
        F.cross_entropy(model(a), b).backward()
        optim.step()

def run():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    args = parser.parse_args([])
    train_loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    # by hand
    for epoch in range(args.epochs):
        train_epoch(net, train_loader, optimizer)

if __name__ == "__main__":
    run()
""",
            before="",
        ),
        (
            (
                'scheduler = wellfit.schedule(optimizer, "cosine", args.epochs * len(train_loader), min_ratio=0.0)\n'
                "    optimizer.register_step_post_hook(lambda *_: scheduler.step())\n    # by hand\n"
            ),
        ),
    ),
    "a nested function": Style(
        plain(
            """\
def main():
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def step(a, b):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(a), b)
        loss.backward()
        optimizer.step()
        return loss

    for epoch in range(3):
        for batch in loader:
            step(*batch)

main()
""",
            before=LOADER,
        ),
        (
            'wellfit.schedule(optimizer, "cosine", 3 * len(loader), min_ratio=0.0)',
            "        scheduler.step()\n        return",
        ),
    ),
    "a trainer of its own": Style(
        plain(
            """\
class Trainer:
    def __init__(self, model, data, epochs):
        self.model, self.data = model, data
        self.epochs = epochs
        self.loader = DataLoader(data, batch_size=8, shuffle=True)
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def fit(self):
        for epoch in range(self.epochs):
            self.train_epoch()

    def train_epoch(self):
        for batch in self.loader:
            self.optimizer.zero_grad()
            loss = F.cross_entropy(self.model(batch[0]), batch[1])
            loss.backward()
            self.optimizer.step()

Trainer(net, TensorDataset(x, y), 3).fit()
""",
            before="",
        ),
        (
            "        self.scheduler = wellfit.schedule(",
            "self.epochs * len(self.loader), min_ratio=0.0)\n",
            "self.optimizer.step()\n            self.scheduler.step()\n",
            "self.model(wellfit.vision.shift_and_noise(batch[0], 0.5, training=self.model.training))",
        ),
    ),
    "a trainer whose epochs others count": Style(
        plain(
            """\
class Trainer:
    def __init__(self, model):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        self.loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)

    def train_epoch(self):
        for a, b in self.loader:
            self.optimizer.zero_grad()
            F.cross_entropy(self.model(a), b).backward()
            self.optimizer.step()

def main():
    trainer = Trainer(net)
    for epoch in range(3):
        trainer.train_epoch()

main()
""",
            before="",
        ),
        (
            (
                'wellfit.schedule(trainer.optimizer, "cosine", 3 * len(trainer.loader), min_ratio=0.0)\n'
                "    trainer.optimizer.register_step_post_hook(lambda *_: scheduler.step())\n"
            ),
        ),
    ),
    "while": Style(
        plain(f"""\
count = 0
while count < 12:
    for a, b in loader:
        optimizer.zero_grad()
        {STEP}
        optimizer.step()
        count += 1
"""),
        (
            "# 12 optimizer steps: those of the run that was tuned\n",
            'scheduler = wellfit.schedule(optimizer, "cosine", 12, min_ratio=0.0)\n',
            "        optimizer.step()\n        scheduler.step()\n",
        ),
    ),
    "slices of tensors": Style(
        plain(
            """\
for epoch in range(3):
    order = torch.randperm(32)
    for start in range(0, len(x), 8):
        batch = order[start : start + 8]
        optimizer.zero_grad()
        F.cross_entropy(net(x[batch]), y[batch]).backward()
        optimizer.step()
""",
            before=MADE,
        ),
        (
            'wellfit.schedule(optimizer, "cosine", 3 * len(range(0, len(x), 8)), min_ratio=0.0)',
            "net(wellfit.vision.shift_and_noise(x[batch], 0.5, training=net.training))",
        ),
    ),
    "dictionaries": Style(
        plain(
            """\
rows = [{"image": a, "label": b} for a, b in zip(x, y)]
loader = DataLoader(rows, batch_size=8, shuffle=True)
for epoch in range(3):
    for batch in loader:
        batch = {key: value.float() if key == "image" else value for key, value in batch.items()}
        logits = net(batch["image"])
        loss = F.cross_entropy(logits, batch["label"])
        loss.backward(); optimizer.step(); optimizer.zero_grad()
""",
            before=MADE,
        ),
        ("optimizer.step(); scheduler.step(); optimizer.zero_grad()", "3 * len(loader)"),
    ),
    "gradients accumulated": Style(
        plain("""\
accumulate = 2
for epoch in range(6):
    for i, (a, b) in enumerate(loader):
        (F.cross_entropy(net(a), b) / accumulate).backward()
        if (i + 1) % accumulate == 0:
            optimizer.step()
            optimizer.zero_grad()
"""),
        ("6 * (len(loader) // accumulate)", "            optimizer.step()\n            scheduler.step()\n"),
    ),
    "left early": Style(
        plain(f"""\
done = 0
for epoch in range(100):
    for a, b in loader:
        optimizer.zero_grad()
        {STEP}
        optimizer.step()
        done += 1
    if done >= 12:
        break
"""),
        ('scheduler = wellfit.schedule(optimizer, "cosine", 12, min_ratio=0.0)',),
    ),
    "a scaler": Style(
        plain("""\
scaler = torch.amp.GradScaler("cpu")
for epoch in range(3):
    for a, b in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(net(a), b)).backward()
        scaler.step(optimizer)
        scaler.update()
"""),
        ("optimizer.register_step_post_hook(lambda *_: scheduler.step())", "3 * len(loader)"),
    ),
    "an optimizer that a function makes": Style(
        plain(
            f"""\
def make(model):
    return torch.optim.SGD(model.parameters(), lr=0.1)

def loaders():
    train = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
    return train, DataLoader(TensorDataset(x, y), batch_size=32)

train_loader, val_loader = loaders()
opt = make(net)
for epoch in range(3):
    for a, b in train_loader:
        opt.zero_grad()
        {STEP}
        opt.step()
""",
            before="",
        ),
        ('scheduler = wellfit.schedule(opt, "cosine", 3 * len(train_loader), min_ratio=0.0)',),
    ),
    "two lines that step": Style(
        plain(f"""\
for a, b in loader:
    optimizer.zero_grad()
    {STEP}
    optimizer.step()
for epoch in range(2):
    for a, b in loader:
        optimizer.zero_grad()
        {STEP}
        optimizer.step()
"""),
        (
            '"cosine", 12, min_ratio=0.0)\noptimizer.register_step_post_hook(lambda *_: scheduler.step())\n',
            "\n        F.cross_entropy(net(wellfit.vision.shift_and_noise(a, 0.5, training=net.training)), b)",
        ),
    ),
    "a schedule by epochs": Style(
        plain(
            f"""\
for epoch in range(3):
    for a, b in loader:
        optimizer.zero_grad()
        {STEP}
        optimizer.step()
    scheduler.step()
    print(scheduler.get_last_lr())
""",
            before=f"{MADE}scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)\n{LOADER}",
        ),
        (
            'scheduler = wellfit.schedule(optimizer, "cosine", 3 * len(loader), min_ratio=0.0)\nfor epoch',
            "        optimizer.step()\n        scheduler.step()\n    print",
        ),
    ),
    "a schedule by steps": Style(
        plain(f"""\
sched = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5)
for epoch in range(3):
    for a, b in loader:
        optimizer.zero_grad()
        {STEP}
        optimizer.step()
        sched.step()
"""),
        ('sched = wellfit.schedule(optimizer, "cosine", 3 * len(loader), min_ratio=0.0)\n',),
    ),
    "a schedule that watches a loss": Style(
        plain(f"""\
def fit(model, data, optim, plateau):
    for epoch in range(3):
        for a, b in data:
            optim.zero_grad()
            {STEP}
            optim.step()
        with torch.no_grad():
            plateau.step(float(F.cross_entropy(model(x), y)))

scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
fit(net, loader, optimizer, scheduler)
"""),
        (
            (
                "# 12 optimizer steps: those of the run that was tuned\n"
                'scheduler = wellfit.schedule(optimizer, "cosine", 12, min_ratio=0.0)\nfit('
            ),
            "            optim.step()\n            plateau.step()\n",
            "with torch.no_grad():\n            float(F.cross_entropy(model(x), y))\n",
        ),
    ),
    "a schedule with a peak of its own": Style(
        plain(
            """\
class Trainer:
    def __init__(self, epochs):
        self.epochs = epochs
        self.loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
        self.optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
        self.scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, max_lr=0.1, steps_per_epoch=len(self.loader), epochs=epochs
        )

    def fit(self):
        for epoch in range(self.epochs):
            for a, b in self.loader:
                self.step(a, b)

    def step(self, a, b):
        loss = F.cross_entropy(net(a), b)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.scheduler.step()

if __name__ == "__main__":
    Trainer(3).fit()
""",
            before="",
        ),
        (
            "lr=0.1, momentum=0.9",
            'wellfit.schedule(self.optimizer, "cosine", self.epochs * len(self.loader), min_ratio=0.0)\n',
        ),
    ),
    "gradients accumulated, counted from one": Style(
        plain("""\
def train(epochs, every=2):
    for _ in range(epochs):
        for i, (a, b) in enumerate(loader, start=1):
            (F.cross_entropy(net(a), b) / every).backward()
            if i % every == 0:
                optimizer.step()
                optimizer.zero_grad()

train(6)
"""),
        ('wellfit.schedule(optimizer, "cosine", epochs * (len(loader) // every), min_ratio=0.0)',),
    ),
    "a schedule that may be none, by steps": Style(
        plain(
            f"""\
def epoch(optimizer, scheduler=None):
    for a, b in loader:
        optimizer.zero_grad()
        {STEP}
        optimizer.step()
        if scheduler is not None:
            scheduler.step()

optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
for _ in range(3):
    epoch(optimizer, scheduler)
""",
            before=LOADER,
        ),
        (
            'scheduler = wellfit.schedule(optimizer, "cosine", 3 * len(loader), min_ratio=0.0)\n',
            "        if scheduler is not None:\n            scheduler.step()\n",
        ),
    ),
    "a schedule that may be none, by epochs": Style(
        plain(
            f"""\
def train(optimizer, scheduler=None):
    for _ in range(3):
        for a, b in loader:
            optimizer.zero_grad()
            {STEP}
            optimizer.step()
        if scheduler:
            scheduler.step()
        print("an epoch")

optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
train(optimizer, decay)
""",
            before=LOADER,
        ),
        ("            optimizer.step()\n            scheduler.step()\n        print",),
    ),
    "one of two optimizers": Style(
        plain(
            f"""\
def make(kind):
    if kind == "sgd":
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    else:
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    return optimizer

optimizer = make("adamw")
for epoch in range(1, 4):
    for a, b in loader:
        optimizer.zero_grad()
        {STEP}
        optimizer.step()
""",
            before=LOADER,
        ),
        ("        optimizer.register_step_post_hook(lambda *_: scheduler.step())\n    return optimizer\n",),
    ),
}
