"""What trial runs measure for a batch size, held against what the program could compute by itself."""

import json

import pytest
import torch
from intervene.programs import BY_LOADER, LOADER, plain
from trying import Bench, Tried

from wellfit.model.cure import Cure
from wellfit.model.events.batch import BatchesSeen, GradientsCompared, MemoryPeaked, SizeClimbed

OVER = plain(before=LOADER, loop=BY_LOADER)
PRINTING = BY_LOADER.replace("        loss =", '        print("ROWS", len(rows), flush=True)\n        loss =')

GRADIENTS = """\
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), CLIP)
        import json
        print("GRAD", json.dumps([p.grad.flatten().tolist() for p in net.parameters()]), flush=True)
        optimizer.step()
"""

RAGGED = """\
class Ragged(torch.utils.data.Dataset):
    def __len__(self):
        return 40
    def __getitem__(self, i):
        return x[i], y[i], "a" * (3 + (7 * i) % 40)
def collate(samples):
    xs, ys, words = zip(*samples)
    print("LENGTHS", *sorted(map(len, words)), flush=True)
    return torch.stack(xs), torch.stack(ys)
loader = DataLoader(Ragged(), batch_size=4, shuffle=True, collate_fn=collate)
"""


def run(bench: Bench, program: str, *cures: Cure, train: int = 8) -> Tried:
    bench.write(program)
    tried = bench.run(cures, train=train, score=0)
    assert tried.end.exit_code == 0, tried.output
    assert not tried.errors
    return tried


def words_behind(tried: Tried, sign: str) -> list[list[str]]:
    return [line.split()[1:] for line in tried.output.splitlines() if line.startswith(f"{sign} ")]


def test_loader_that_trains_is_seen(bench: Bench) -> None:
    other = "val = DataLoader(TensorDataset(x, y), batch_size=7)\nfor v, _ in val:\n    len(v)\n"
    seen = run(bench, plain(before=other + LOADER, loop=BY_LOADER), Cure("plan_batches")).of(BatchesSeen)[-1]
    assert (seen.loader, seen.batch_size, seen.draws_a_step) == (1, 16, 1.0)
    assert [o.batch_size for o in seen.others] == [7]
    assert seen.refusal is None
    assert seen.longest_rows == ()


def test_planned_batches_are_full_and_end_the_epoch(bench: Bench) -> None:
    plan = Cure("plan_batches", None, {"loader": 0, "size": 24, "batches": 3})
    tried = run(bench, plain(before=LOADER, loop=PRINTING), plan)
    assert words_behind(tried, "ROWS") == [["24"]] * 8


def test_largest_samples_come_together(bench: Bench) -> None:
    program = plain(before=RAGGED, loop=BY_LOADER)
    seen = run(bench, program, Cure("plan_batches")).of(BatchesSeen)[-1]
    assert (seen.shortest, seen.longest) == (8 + 1 + 3, 8 + 1 + 42)
    plan = Cure("plan_batches", None, {"loader": 0, "size": 5, "batches": 4, "rows": list(seen.longest_rows[:5])})
    longest = sorted(3 + (7 * i) % 40 for i in range(40))[-5:]
    tried = run(bench, program, plan)
    drawn = words_behind(tried, "LENGTHS")[:8]
    assert drawn == [[str(n) for n in longest]] * 8


def test_sizes_are_climbed_and_descended(bench: Bench) -> None:
    climb = Cure("climb_sizes", None, {"loader": 0, "size": 16, "sizes": [8, 16, 32], "begin": 2, "seconds": 20.0})
    tried = run(bench, plain(before=LOADER, loop=PRINTING.replace("range(8)", "range(10**6)")), climb, train=10**6)
    assert [climbed.size for climbed in tried.of(SizeClimbed)] == [8, 16, 32, 16, 8]
    assert all(climbed.seconds > 0 and climbed.draws == 1 for climbed in tried.of(SizeClimbed))
    assert words_behind(tried, "ROWS")[:2] == [["16"], ["16"]]


def test_climb_stays_within_memory(bench: Bench) -> None:
    options = {"loader": 0, "size": 16, "sizes": [8, 16, 32], "begin": 2, "bytes": 1}
    tried = run(bench, plain(before=LOADER, loop=BY_LOADER.replace("range(8)", "range(10**6)")),
                Cure("climb_sizes", None, options), train=10**6)  # fmt: skip
    assert [climbed.size for climbed in tried.of(SizeClimbed)] == [8]


@pytest.mark.parametrize("clip", ["1e9", "1e-3"])
def test_gradients_are_those_of_the_program(bench: Bench, clip: str) -> None:
    """Norms of single gradients and of their mean, before clipping, under weights that stay."""
    loop = BY_LOADER[: BY_LOADER.index("        optimizer.zero_grad()")] + GRADIENTS.replace("CLIP", clip)
    compare = Cure("compare_gradients", None, {"begin": 2, "groups": 1, "batches": 3})
    tried = run(bench, plain(before=LOADER, loop=loop), compare)
    printed = [json.loads(" ".join(words)) for words in words_behind(tried, "GRAD")]
    flat = [torch.tensor([value for part in parts for value in part], dtype=torch.float64) for parts in printed[2:5]]
    compared = tried.of(GradientsCompared)
    assert [c.batches for c in compared] == [3]
    assert compared[0].single == pytest.approx(sum(float(g.square().sum()) for g in flat) / 3, rel=1e-4)
    assert compared[0].together == pytest.approx(float((sum(flat) / 3).square().sum()), rel=1e-4)


def test_the_program_trains_between_groups(bench: Bench) -> None:
    """Two gradients under weights that stay, a step, two more under others."""
    loop = BY_LOADER[: BY_LOADER.index("        optimizer.zero_grad()")] + GRADIENTS.replace("CLIP", "1e9")
    compare = Cure("compare_gradients", None, {"begin": 0, "groups": 2, "batches": 2, "between": 1})
    tried = run(bench, plain(before=LOADER, loop=loop), compare)
    printed = [json.loads(" ".join(words)) for words in words_behind(tried, "GRAD")]
    flat = [torch.tensor([value for part in parts for value in part], dtype=torch.float64) for parts in printed]
    expected = [sum(float(g.square().sum()) for g in flat[i : i + 2]) / 2 for i in (0, 3)]
    assert [c.single for c in tried.of(GradientsCompared)] == pytest.approx(expected, rel=1e-4)


def test_memory_that_cannot_be_had_is_told(bench: Bench) -> None:
    program = plain(before=LOADER + "hoard = []\n", loop=BY_LOADER.replace(
        "        loss =", "        hoard.append(torch.ones(2**24))\n        loss ="))  # fmt: skip
    bench.write(program)
    base = bench.run([Cure("limit_memory")], train=2, score=0).of(MemoryPeaked)[-1]
    limit = base.base_bytes + (300 << 20)
    tried = bench.run([Cure("limit_memory", None, {"bytes": limit})], train=20, score=0)
    peaked = tried.of(MemoryPeaked)[-1]
    assert tried.end.exit_code == 1
    assert peaked.exhausted
    assert base.base_bytes < peaked.peak_bytes < 1.05 * limit


def test_another_error_is_none_of_memory(bench: Bench) -> None:
    bench.write(plain(before=LOADER, loop=BY_LOADER + "raise RuntimeError('no')\n"))
    tried = bench.run([Cure("limit_memory")], train=1000, score=0)
    assert tried.end.exit_code == 1
    assert not tried.of(MemoryPeaked)[-1].exhausted
