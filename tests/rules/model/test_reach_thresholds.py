"""The rules about unreached and unregistered parameters on facts written by hand."""

from dataclasses import replace

import pytest

from wellfit.model.events.reach import Cut, LeavesReached, PathsTraced, Unregistered
from wellfit.model.facts.reach import GradientPaths, ReachedLeaves
from wellfit.model.place import Place
from wellfit.model.rule import Finding, Rule
from wellfit.rules.model.graph_cut.rule import graph_cut
from wellfit.rules.model.layers_in_python_container.rule import layers_in_python_container

HERE = Place("/program/train.py", 7, "<module>")
HELD = Unregistered("Net", "hidden", "list", "Linear", 4, 8320, 3, False, False, HERE)
CUT = Cut("detach", HERE, ("encoder.weight",), 2, 4160, False)
TRACED = PathsTraced(4, 3, 2, 2, 1, (CUT,))


def answers(rule: Rule, fact: object) -> list[tuple[str, str | None]]:
    return [("found", a.severity) if isinstance(a, Finding) else ("unseen", None) for a in rule.function(fact)]


@pytest.mark.parametrize(
    ("looks", "held", "expected"),
    [
        (3, HELD, [("found", None)]),
        (2, HELD, [("unseen", None)]),
        (3, replace(HELD, looks=2), []),
        (3, replace(HELD, changed=True), []),
        (3, replace(HELD, set_aside=True), []),
        (3, replace(HELD, content="Tensor", container="Tensor"), [("found", "note")]),
    ],
)
def test_held_by_a_plain_attribute(looks: int, held: Unregistered, expected: list[tuple[str, str | None]]) -> None:
    assert answers(layers_in_python_container, ReachedLeaves(LeavesReached(4, looks, 6, (held,)))) == expected


@pytest.mark.parametrize(
    ("container", "content", "cure"),
    [
        ("list", "Linear", "nn.ModuleList"),
        ("dict", "Linear", "nn.ModuleDict"),
        ("list", "Parameter", "nn.ParameterList"),
        ("dict", "Parameter", "nn.ParameterDict"),
        ("Tensor", "Parameter", "nn.Parameter(...)"),
    ],
)
def test_cure_names_the_container_that_registers(container: str, content: str, cure: str) -> None:
    held = replace(HELD, container=container, content=content)
    (finding,) = layers_in_python_container.function(ReachedLeaves(LeavesReached(4, 3, 6, (held,))))
    assert isinstance(finding, Finding)
    assert cure in finding.fix.title


@pytest.mark.parametrize(
    ("traced", "expected"),
    [
        (TRACED, [("found", None)]),
        (replace(TRACED, looks=2), [("unseen", None)]),
        (replace(TRACED, traced=0, cuts=()), [("unseen", None)]),
        (replace(TRACED, cuts=()), []),
        (replace(TRACED, unreached=0, cuts=()), []),
    ],
)
def test_cut(traced: PathsTraced, expected: list[tuple[str, str | None]]) -> None:
    assert answers(graph_cut, GradientPaths(traced)) == expected
