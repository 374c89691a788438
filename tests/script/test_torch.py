"""Programs that import torch: real ones, broken ones, and none at all."""

import sys

import pytest

PY = sys.executable

TRAINING = """
import multiprocessing, pickle, sys, threading, warnings
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

class Squares(Dataset):
    def __len__(self):
        return 8
    def __getitem__(self, i):
        return torch.tensor([float(i)]), torch.tensor([float(i * i)])

class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(1, 1)
    def forward(self, x):
        return self.inner(x)

def train(net, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
    print(threading.current_thread().name, loss.item().hex(), float(torch.rand(())).hex())

def main():
    torch.manual_seed(0)
    print(type(torch.__spec__.loader), vars(torch.__spec__.loader), sys.path)
    print([f for f in sys.meta_path if "wellfit" in repr(f)], len(multiprocessing.active_children()))
    net = Wrapped()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
    for context in ("fork", "spawn", "forkserver"):
        loader = DataLoader(Squares(), batch_size=4, num_workers=1, multiprocessing_context=context)
        train(net, loader, optimizer)
    thread = threading.Thread(target=train, args=(net, DataLoader(Squares(), 4), optimizer), name="trainer")
    thread.start()
    thread.join()
    print(pickle.loads(pickle.dumps(net)).inner.weight.item().hex(), Wrapped.__module__)
    copy = pickle.dumps(net)
    print(len(copy), b"wellfit" in copy)
    warnings.warn("from the user's line", stacklevel=2)
    torch.ones(2, requires_grad=True).backward()

if __name__ == "__main__":
    main()
"""


def test_training_with_workers_of_every_kind_pickling_threads_and_a_failure_inside_torch(twice):
    twice.write("train.py", TRAINING)
    plain, watched = twice.both(PY, "train.py")
    assert b"trainer" in plain.stdout
    assert b"grad can be implicitly created only for scalar outputs" in plain.stderr
    assert watched.seen == plain.seen
    assert watched.outcome["errors"] == []
    assert len(watched.outcome["logs"]) == 1


def test_module_of_a_package_that_trains(twice):
    twice.write("pkg/__init__.py", "")
    twice.write("pkg/data.py", "import torch\nx = torch.ones(4, 1)")
    twice.write(
        "pkg/train.py",
        "from pkg.data import x\nimport torch\nnet = torch.nn.Linear(1, 1)\n"
        "optimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n"
        "for i in range(5):\n    net(x).sum().backward(); optimizer.step(); print(i, flush=True)\n",
    )
    watched = twice.watched(PY, "-m", "pkg.train", steps=3)
    assert watched.seen == (b"0\n1\n", b"", 0)
    assert watched.markers == ("armed", "torch")


BROKEN = {
    "OSError": "def load():\n    raise OSError('libcudart.so: cannot open shared object file')\nload()",
    "ImportError": "import nosuchmodule",
    "SyntaxError": "def",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_torch_that_cannot_be_imported_fails_with_python_s_own_text(twice, body):
    twice.write("torch/__init__.py", body)
    twice.write("run.py", "try:\n    import torch\nexcept Exception:\n    pass\nimport torch")
    plain, watched = twice.both(PY, "run.py")
    assert plain.exit_code == 1
    assert watched.seen == plain.seen
    assert watched.outcome["torch_imported"] is False


def test_no_torch_at_all(twice):
    twice.write("run.py", "import importlib.util\nprint(importlib.util.find_spec('torch'))\nimport torch")
    command = (sys.executable, "-S", "run.py")
    plain = twice.plainly(*command)
    assert b"No module named 'torch'" in plain.stderr
    twice.write(
        "armed.py", "import sys, site\nsys.path[:] = [p for p in sys.path if 'site-packages' not in p]\nimport torch"
    )
    plain, watched = twice.both(PY, "armed.py")
    assert b"No module named 'torch'" in plain.stderr
    assert watched.seen == plain.seen


def test_observer_that_cannot_start_is_told_and_the_program_goes_on(twice):
    twice.write("torch/__init__.py", "name = 'a module of that name that is not PyTorch'")
    twice.write(
        "run.py",
        "import importlib.util\nimportlib.util.find_spec('torch')\nimport sys, torch\n"
        "print(torch.name, type(torch.__loader__), vars(torch.__loader__), len(sys.meta_path))",
    )
    plain, watched = twice.both(PY, "run.py")
    assert watched.seen == plain.seen
    assert watched.outcome["torch_imported"] is True
    assert len(watched.outcome["errors"]) == 1
