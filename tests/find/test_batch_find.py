"""A batch size is found in code, in children of their own, and nothing is left changed."""

import os

import pytest
import torch
from searching import Net, Run, digits
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from wellfit.find.batch_size.attempt import attempted
from wellfit.find.batch_size.child import in_child
from wellfit.find.batch_size.examples import Examples, length_of
from wellfit.find.batch_size.find import find_batch_size
from wellfit.find.batch_size.found import chosen_size
from wellfit.find.batch_size.gradients import FEWEST, measure
from wellfit.find.batch_size.knee import knee
from wellfit.find.batch_size.probe import OUT_OF_MEMORY, Probe
from wellfit.find.batch_size.shape import foretold_bytes
from wellfit.find.loop import Loop
from wellfit.find.snapshot import Snapshot
from wellfit.script.memory import STATUS, free_bytes, parse_bytes, resident_bytes

LINUX = pytest.mark.skipif(not STATUS.exists(), reason="children are limited on Linux only")
MIB = 1 << 20


def wide() -> nn.Module:
    """Takes about a megabyte an example."""
    return nn.Sequential(nn.Linear(64, 60_000), nn.ReLU(), nn.Unflatten(1, (100, 600)), nn.AdaptiveAvgPool1d(1), Last())


class Last(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(100, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(x.squeeze(2))


def find(run: Run, **options: object):
    options = {"budget_s": 0.1, **options}
    return find_batch_size(run.model, run.loader, run.loss, run.optimizer, **options)


def test_a_small_training_fits_whole() -> None:
    found = find(Run())
    assert found
    assert (found.fits.size, found.fits.ended, found.fits.out_of_memory) == (400, "most", 0)
    assert found.verified
    assert found.old == 40
    assert found.moves.steps_per_epoch == -(-400 // found.size)
    assert "size" in str(found)
    assert "noise" in str(found)


@pytest.mark.parametrize("trained", [0, 3])
def test_no_trace_is_left(trained: int) -> None:
    run = Run()
    run.train(trained)
    before = run.state()
    find(run)
    assert run.state() == before


def test_most_caps_the_search() -> None:
    assert find(Run(), most=37).fits.size == 37


@LINUX
def test_the_limit_is_kept() -> None:
    model = wide()
    run = Run(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.01))
    limit = resident_bytes() + 250 * MIB
    found = find(run, memory=limit)
    assert found.fits.ended == "memory"
    assert 20 < found.fits.size < 400
    assert found.fits.out_of_memory == 0
    assert found.fits.peak_bytes <= limit


@LINUX
def test_nothing_fits() -> None:
    model = wide()
    run = Run(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.01))
    found = find(run, memory=resident_bytes() + MIB)
    assert not found
    assert (found.size, found.verdict) == (None, "nothing fits")
    assert "none: nothing fits" in str(found)


class Rows(Dataset):
    def __init__(self) -> None:
        self.lengths = [3] * 50 + [40] + [5] * 49

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return torch.full((self.lengths[index],), 1.0), index % 2


def padded(rows: list[tuple[torch.Tensor, int]]) -> tuple[torch.Tensor, torch.Tensor]:
    return pad_sequence([x for x, _ in rows], batch_first=True), torch.tensor([y for _, y in rows])


def test_the_longest_examples_come_first() -> None:
    examples = Examples(Rows(), padded)
    assert examples.vary
    assert examples.longest(2)[0].shape == (2, 40)
    assert examples.longest(51)[0].shape == (51, 40)


def test_random_batches_hold_each_example_once() -> None:
    examples = Examples(TensorDataset(torch.arange(100)), torch.utils.data.default_collate)
    for size in (5, 100):
        drawn = examples.drawn(size, torch.Generator().manual_seed(0))[0]
        assert len(set(drawn.tolist())) == size


@pytest.mark.parametrize(
    ("example", "length"),
    [(torch.ones(2, 3), 6), ("text", 4), ([1, 2, 3], 3), ((torch.ones(4), 1), 5), ({"a": "xy", "b": [1]}, 3)],
)
def test_lengths_of_examples(example: object, length: int) -> None:
    assert length_of(example) == length


@LINUX
def test_a_child_ends_for_memory_and_not_the_search() -> None:
    result, _, failed = in_child(lambda: len(torch.ones(200 * MIB)), room_bytes=100 * MIB, timeout_s=30)
    assert (result, failed) == (None, OUT_OF_MEMORY)


@LINUX
def test_a_child_that_is_killed_counts_as_out_of_memory() -> None:
    _, _, failed = in_child(lambda: os.kill(os.getpid(), 9), room_bytes=None, timeout_s=30)
    assert failed == OUT_OF_MEMORY
    _, _, failed = in_child(lambda: os.kill(os.getpid(), 15), room_bytes=None, timeout_s=30)
    assert failed == "its process was ended by SIGTERM"


@LINUX
def test_a_child_that_takes_too_long_is_ended() -> None:
    _, _, failed = in_child(lambda: __import__("time").sleep(60), room_bytes=None, timeout_s=0.2)
    assert failed == "took more than 0.2 s"


@LINUX
def test_the_peak_of_a_child_is_what_it_took() -> None:
    _, taken, failed = in_child(lambda: float(torch.ones(25 * MIB)[0]), room_bytes=None, timeout_s=30)
    assert failed is None
    assert 95 * MIB < taken < 130 * MIB


def test_a_failure_holds_no_tensor_alive() -> None:
    import weakref

    held = []

    def work() -> None:
        big = torch.ones(10)
        held.append(weakref.ref(big))
        raise torch.OutOfMemoryError("CUDA out of memory")

    assert attempted(work) == (None, OUT_OF_MEMORY)
    assert held[0]() is None


def test_shapes_foretell_the_tensors() -> None:
    run = Run(model=nn.Linear(64, 10))
    loop = Loop(run.model, run.loss, [run.optimizer], Snapshot(run.model, run.optimizer))
    x, y = digits()
    small, large = (foretold_bytes(loop, (x[:n], y[:n])) for n in (100, 300))
    assert 200 * 10 * 4 <= large - small <= 200 * 64 * 4 * 4


def test_memory_in_words() -> None:
    assert parse_bytes("1.5 GiB") == 3 << 29
    with pytest.raises(ValueError, match="as \"2GB\", got 'much'"):
        parse_bytes("much")


@LINUX
def test_free_memory_is_known() -> None:
    assert free_bytes() > 0


def test_the_old_size_stays_where_it_is_nearly_as_good() -> None:
    worth = knee([Probe(size, 0, None, 0.001 + size * 1e-5) for size in (8, 64, 512, 1024)])
    assert chosen_size(1024, worth, None, old=1024)[0] == 1024
    assert chosen_size(1024, worth, None, old=8)[0] == worth.size
    assert chosen_size(1024, worth, 10.0, old=1024)[0] < 512


class Stream(IterableDataset):
    def __iter__(self):
        yield digits()[0][0], digits()[1][0]


def data(count: int = 40) -> TensorDataset:
    x, y = digits()
    return TensorDataset(x[:count], y[:count])


def fails(_: list[object]) -> None:
    raise KeyError("label")


BAD = {
    "one example": (lambda: {"data": data(1)}, "data has 1 example, of which no batches"),
    "a stream": (lambda: {"data": DataLoader(Stream(), batch_size=4)}, "a length and numbered examples, got Stream"),
    "no batching": (lambda: {"data": DataLoader(data(), batch_size=None)}, "loader has batch_size=None"),
    "its own batches": (
        lambda: {"data": DataLoader(data(), batch_sampler=[[0, 1], [2, 3]])},
        "loader has a batch_sampler of its own",
    ),
    "a list of batches": (lambda: {"data": [digits()]}, "list of tensors with a batch dimension"),
    "no size": (lambda: {"most": 0}, "most must be a whole number >= 1, got 0"),
    "no memory": (lambda: {"memory": "0GB"}, "memory must be bytes > 0"),
    "a margin": (lambda: {"margin": 1.0}, r"margin must lie in \[0, 1\), got 1.0"),
    "meta": (lambda: {"model": nn.Linear(64, 10, device="meta")}, "on the device meta"),
    "a collate that fails": (lambda: {"collate_fn": fails}, "collate_fn fails on a batch of 2 examples: KeyError"),
    "a loss of several numbers": (lambda: {"loss": lambda output, _: output}, "loss must give a tensor of one number"),
    "a constant loss": (lambda: {"loss": lambda output, _: (0 * output).sum()}, "the loss is constant"),
    "no gradients": (lambda: {"loss": lambda _, y: y.float().mean()}, "does not depend on any parameter"),
    "a wrong model": (lambda: {"model": nn.Linear(3, 10)}, "the training fails on a batch of 2 examples"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    make, sentence = BAD[case]
    given = {"model": Net(), "data": data(), "loss": nn.CrossEntropyLoss()} | make()
    model = given.pop("model")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=sentence):
        find_batch_size(model, given.pop("data"), given.pop("loss"), optimizer, **given)


def test_parameters_without_gradients() -> None:
    model = Net().requires_grad_(requires_grad=False)
    with pytest.raises(ValueError, match="none of them takes gradients"):
        find_batch_size(model, data(), nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1))


def test_all_mistakes_are_said_at_once() -> None:
    run = Run()
    with pytest.raises(ValueError, match=r"data has 1 example.*most must be.*margin must lie"):
        find_batch_size(run.model, data(1), run.loss, run.optimizer, most=-1, margin=2.0)


@pytest.mark.gpu
def test_on_a_gpu() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    model = Net().cuda()
    run = Run(model=model, optimizer=torch.optim.Adam(model.parameters()))
    before = run.state()
    assert find(run).fits.size == 400
    assert run.state() == before


def test_batches_apart_have_no_example_twice() -> None:
    examples = Examples(TensorDataset(torch.arange(100)), lambda rows: [int(row[0]) for row in rows])
    for size in (2, 12):  # few of them, and nearly all
        batches = list(examples.apart(size, 8, torch.Generator().manual_seed(0)))
        assert [len(batch) for batch in batches] == [size] * 8
        assert len({number for batch in batches for number in batch}) == 8 * size


def test_gradients_are_taken_before_each_step() -> None:
    run = Run()
    loop = Loop(run.model, run.loss, [run.optimizer], Snapshot(run.model, run.optimizer))
    examples = Examples(run.loader.dataset, run.loader.collate_fn)
    measured = measure(loop, examples, size=20, budget_s=60.0, steps=7)
    assert (len(measured.norms), measured.steps) == (8, 7)
    assert {(n.small, n.big) for n in measured.norms} == {(20, 160)}
    assert len({n.big_squared for n in measured.norms}) == 8


def test_few_places_are_had_however_long_they_take() -> None:
    run = Run()
    loop = Loop(run.model, run.loss, [run.optimizer], Snapshot(run.model, run.optimizer))
    examples = Examples(run.loader.dataset, run.loader.collate_fn)
    assert measure(loop, examples, size=20, budget_s=1e-9).steps == FEWEST - 1
