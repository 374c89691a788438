"""Rules are chosen by id, name or family."""

import types

import pytest

from wellfit.errors import UsageError
from wellfit.model.rule import Rule
from wellfit.selection import choose, find_rule


def made(rule_id, name, family, status="stable"):
    function = types.FunctionType(compile("None", "rule.py", "exec"), {"__name__": f"wellfit.rules.{family}.x.rule"})
    return Rule(rule_id, name, "error", "0.1", status, function, ())


RULES = (
    made("WF101", "softmax-before-cross-entropy", "loss"),
    made("WF102", "detached-loss", "loss"),
    made("WF201", "gradients-not-cleared", "loop"),
    made("WF202", "new-idea", "loop", "preview"),
    made("WF203", "old-idea", "loop", "deprecated"),
)


def chosen(**asked):
    return [rule.id for rule in choose(RULES, **asked)]


def test_all_stable_rules_run_when_nothing_is_asked():
    assert chosen() == ["WF101", "WF102", "WF201"]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["WF201", "WF101"], ["WF101", "WF201"]),
        (["wf102"], ["WF102"]),
        (["detached-loss"], ["WF102"]),
        (["Detached_Loss"], ["WF102"]),
        (["loss"], ["WF101", "WF102"]),
        (["WF101, loop", "WF101"], ["WF101", "WF201"]),
        (["WF202"], ["WF202"]),
        (["old-idea"], ["WF203"]),
    ],
)
def test_select(words, ids):
    assert chosen(select=words) == ids


def test_ignore_comes_after_select():
    assert chosen(select=["loss,loop"], ignore=["loop", "WF102"]) == ["WF101"]


def test_all_unknown_words_are_told_at_once_with_the_nearest():
    with pytest.raises(UsageError) as error:
        choose(RULES, select=["WF1011", "lossy"], ignore=["gradient-not-cleared", "zzz"])
    assert error.value.mistakes == (
        "select: no rule or family is called WF1011 (did you mean WF101?)",
        "select: no rule or family is called lossy (did you mean loss?)",
        "ignore: no rule or family is called gradient-not-cleared (did you mean gradients-not-cleared?)",
        "ignore: no rule or family is called zzz",
    )


def test_a_choice_that_leaves_nothing_is_a_mistake():
    with pytest.raises(UsageError, match="leave no rule"):
        choose(RULES, select=["WF101"], ignore=["loss"])


def test_find_one_rule_by_id_or_name():
    assert find_rule(RULES, "wf101") is find_rule(RULES, "softmax_before_cross_entropy") is RULES[0]


def test_find_no_rule_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean softmax-before-cross-entropy"):
        find_rule(RULES, "softmax-before-ce")
