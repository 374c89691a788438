"""What every intervention keeps, on programs of its own."""

import inspect

import pytest
from intervene.programs import CASES, HERE, Case
from trying import Bench, Tried

from wellfit.intervene.catalogue import INTERVENTIONS
from wellfit.intervene.intervention import Intervention
from wellfit.model.cure import Cure
from wellfit.model.place import Place


def line_of(program: str) -> int:
    return next(number for number, line in enumerate(program.splitlines(), 1) if HERE in line)


def cure(name: str, case: Case, bench: Bench, line: int | None) -> Cure:
    place = None if line is None else Place(str(bench.script), line, "")
    return Cure(name, place, case.options)


def try_it(bench: Bench, program: str, *cures: Cure) -> Tried:
    bench.write(program)
    tried = bench.run(cures, train=8, score=2)
    assert not tried.errors
    assert tried.end.exit_code == 0, tried.output
    assert [step.step for step in tried.steps] == list(range(8))
    return tried


def shown(tried: Tried) -> tuple[object, ...]:
    return tried.losses, tried.weights, tried.output


@pytest.mark.parametrize("name", CASES)
def test_it_changes_what_it_names_and_nothing_else(name: str, bench: Bench) -> None:
    case = CASES[name]
    as_is = try_it(bench, case.program)
    line = None if case.everywhere else line_of(case.program)
    cured = try_it(bench, case.program, cure(name, case, bench, line))
    assert cured.changed.times > 0
    assert cured.changed.refusal is None
    assert cured.changed.changes_loss is kind_of(name).changes_loss
    if case.scores:
        assert any(scored.other_way is not None for scored in cured.scores)
    assert (shown(cured) == shown(as_is)) is (case.scores or case.silent)
    if not case.draws:  # one that steps less often prints more lines, and those of both are the same
        assert cured.output.startswith(as_is.output)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.everywhere])
def test_at_another_line_it_changes_nothing(name: str, bench: Bench) -> None:
    case = CASES[name]
    as_is = try_it(bench, case.program)
    elsewhere = try_it(bench, case.program, cure(name, case, bench, 1))
    assert shown(elsewhere) == shown(as_is)


@pytest.mark.parametrize("name", CASES)
def test_it_leaves_alone_or_refuses_what_it_cannot_change(name: str, bench: Bench) -> None:
    case = CASES[name]
    as_is = try_it(bench, case.aside)
    line = None if case.everywhere else line_of(case.aside)
    cured = try_it(bench, case.aside, cure(name, case, bench, line))
    assert shown(cured) == shown(as_is)
    if case.refusal is None:
        assert cured.changed.refusal is None
        assert case.scores or case.silent or cured.changed.times == 0
    else:
        assert case.refusal in (cured.changed.refusal or "")


def kind_of(name: str) -> type[Intervention]:
    return next(kind for kind in INTERVENTIONS if kind.name == name)


def test_every_intervention_is_held_to_this() -> None:
    assert sorted(CASES) == sorted(kind.name for kind in INTERVENTIONS)


@pytest.mark.parametrize("kind", INTERVENTIONS, ids=lambda kind: kind.name)
def test_it_is_named_after_its_file_and_tells_its_options(kind: type[Intervention]) -> None:
    assert inspect.getmodule(kind).__name__.rpartition(".")[2] == kind.name
    told = f"{inspect.getdoc(inspect.getmodule(kind))} {inspect.getdoc(kind)}"
    assert {option for option in kind.options if f"`{option}`" not in told} == set()
