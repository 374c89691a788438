"""Small real trainings: the healthy ones have no finding, the injected ones exactly the injected finding."""

import warnings
from pathlib import Path

import networkx  # noqa: F401  imported once here, inherited by every forked child
import pytest
import sklearn.datasets  # noqa: F401
import sklearn.model_selection  # noqa: F401
from expected import EXPECTED, UNSEEN
from running import WatchedRun, run_watched

HERE = Path(__file__).parent
HEALTHY = sorted((HERE / "healthy").glob("*.py"))
INJECTED = [HERE / "injected" / f"{name}.py" for name in sorted(EXPECTED)]
SEEDED = ("cnn_batchnorm", "mlp_digits")
MARK = "# <- ill"


def watched(program: Path, *argv: str) -> WatchedRun:
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # a stranger's program may warn; pytest would make errors of it
        run = run_watched(program, *argv)
    assert run.exit_code == 0, run.output
    return run


def found(run: WatchedRun) -> set[tuple[str, str, int]]:
    """Rule, file and line of every error and warning."""
    findings = [(v.name, f.where) for v in run.verdicts.values() if v.severity != "note" for f in v.findings]
    return {(name, Path(p.file).name if p else "", p.line if p else 0) for name, p in findings}


def broken(run: WatchedRun) -> list[str]:
    return [f"{v.name}: {v.reason}" for v in run.verdicts.values() if v.verdict == "broken"]


def marked_line(program: Path) -> int:
    (line,) = [n for n, text in enumerate(program.read_text().splitlines(), 1) if MARK in text]
    return line


@pytest.mark.parametrize("program", HEALTHY, ids=lambda p: p.stem)
def test_healthy_program_has_no_finding(program: Path) -> None:
    run = watched(program)
    assert found(run) == set(), run.found()
    assert broken(run) == []


@pytest.mark.parametrize("program", INJECTED, ids=lambda p: p.stem)
def test_injected_bug_is_the_only_finding(program: Path) -> None:
    run = watched(program)
    assert found(run) == {(EXPECTED[program.stem], program.name, marked_line(program))}
    assert broken(run) == []


@pytest.mark.parametrize(("name", "rule"), UNSEEN.items())
def test_bug_out_of_sight_is_called_unseen(name: str, rule: str) -> None:
    run = watched(HERE / "injected" / f"{name}.py")
    assert found(run) == set()
    assert [v.verdict for v in run.verdicts.values() if v.name == rule] == ["unseen"]


@pytest.mark.parametrize("seed", ["11", "12"])
@pytest.mark.parametrize("name", SEEDED)
def test_healthy_program_has_no_finding_with_other_seeds(name: str, seed: str) -> None:
    assert found(watched(HERE / "healthy" / f"{name}.py", "--seed", seed)) == set()


@pytest.mark.parametrize("seed", ["11", "12"])
@pytest.mark.parametrize("name", ["cnn_batchnorm_eval_stays", "cnn_batchnorm_softmax_layer", "mlp_digits_softmax"])
def test_injected_bug_is_found_with_other_seeds(name: str, seed: str) -> None:
    program = HERE / "injected" / f"{name}.py"
    assert found(watched(program, "--seed", seed)) == {(EXPECTED[name], program.name, marked_line(program))}


def test_every_injected_program_is_expected() -> None:
    assert {p.stem for p in (HERE / "injected").glob("*.py")} == {*EXPECTED, *UNSEEN}


def test_gallery_shows_enough_kinds_of_training() -> None:
    assert len(HEALTHY) >= 16
