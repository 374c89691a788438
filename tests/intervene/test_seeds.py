"""Which random numbers a trial draws."""

from intervene.programs import PLAIN
from trying import Bench

UNSEEDED = PLAIN.replace("torch.manual_seed(0)\n", "")
GENERATED = PLAIN.replace(
    "x, y =", "print(np.random.default_rng(5).random(), np.random.default_rng().random())\nx, y ="
)
EVERY_SEED = PLAIN.replace("torch.manual_seed(0)", "torch.manual_seed(0); random.seed(0); np.random.seed(0)")


def drawn(bench: Bench, program: str, seed: int) -> tuple[object, ...]:
    bench.write(program)
    tried = bench.run(seed=seed, train=4, score=1)
    assert tried.end.exit_code == 0, tried.output
    return tried.losses, tried.weights, tried.output


def test_one_seed_gives_one_run(bench: Bench) -> None:
    assert drawn(bench, EVERY_SEED, 0) == drawn(bench, EVERY_SEED, 0)
    assert drawn(bench, EVERY_SEED, 1) == drawn(bench, EVERY_SEED, 1)


def test_another_seed_gives_another_run_although_the_script_seeds_itself(bench: Bench) -> None:
    zero, one = drawn(bench, EVERY_SEED, 0), drawn(bench, EVERY_SEED, 1)
    assert zero[1] != one[1]
    lines = [str(run[2]).splitlines()[0].split() for run in (zero, one)]
    assert all(a != b for a, b in zip(*lines, strict=True)), "torch's, Python's and numpy's numbers"


def test_a_script_that_seeds_nothing_repeats_itself_too(bench: Bench) -> None:
    assert drawn(bench, UNSEEDED, 0) == drawn(bench, UNSEEDED, 0)
    assert drawn(bench, UNSEEDED, 0)[1] != drawn(bench, UNSEEDED, 1)[1]


def test_generators_of_numpy_are_seeded_and_shifted(bench: Bench) -> None:
    zero, again, one = (str(drawn(bench, GENERATED, seed)[2]).splitlines()[0].split() for seed in (0, 0, 1))
    assert zero == again
    assert all(a != b for a, b in zip(zero, one, strict=True))


def test_the_scripts_own_seed_stays_as_it_is_in_the_first_run(bench: Bench) -> None:
    bench.write(PLAIN.replace("for step", "print(torch.initial_seed())\nfor step", 1))
    assert bench.run(seed=0, train=2, score=1).output.startswith("0\n")
