"""Chooses rules by what the user wrote: an id, a name or a family."""

import difflib
from collections.abc import Iterable, Sequence

from wellfit.errors import UsageError
from wellfit.model.rule import Rule


def choose(rules: Sequence[Rule], *, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule, ...]:
    """The rules to run, in their own order.

    Args:
        rules: all there are.
        select: ids, names or families; none means every rule that is neither preview nor deprecated, and only an
            id or a name reaches those.
        ignore: the same words; what they name is left out.

    Raises:
        UsageError: a word names no rule, or no rule is left.
    """
    select, ignore = _words(select), _words(ignore)
    mistakes = [
        *(f"select: {mistake}" for mistake in _unknown(rules, select)),
        *(f"ignore: {mistake}" for mistake in _unknown(rules, ignore)),
    ]
    if mistakes:
        raise UsageError(*mistakes)
    chosen = tuple(r for r in rules if _is_selected(r, select) and not _is_named(r, ignore))
    if not chosen:
        raise UsageError("select and ignore leave no rule to run")
    return chosen


def find_rule(rules: Sequence[Rule], word: str) -> Rule:
    """The one rule with this id or name.

    Raises:
        UsageError: there is none; the nearest one is named.
    """
    for rule in rules:
        if _key(word) in (_key(rule.id), _key(rule.name)):
            return rule
    raise UsageError(f"no rule is called {word}{_nearest(word, [*_ids(rules), *_names(rules)])}")


def _words(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


def _is_selected(rule: Rule, select: Sequence[str]) -> bool:
    if rule.status == "stable":
        return not select or _is_named(rule, select)
    return {_key(rule.id), _key(rule.name)} & {_key(word) for word in select} != set()


def _is_named(rule: Rule, words: Iterable[str]) -> bool:
    return any(_key(word) in (_key(rule.id), _key(rule.name), _key(rule.family)) for word in words)


def _unknown(rules: Sequence[Rule], words: Iterable[str]) -> list[str]:
    known = [*_ids(rules), *_names(rules), *dict.fromkeys(rule.family for rule in rules)]
    keys = {_key(name) for name in known}
    return [f"no rule or family is called {word}{_nearest(word, known)}" for word in words if _key(word) not in keys]


def _nearest(word: str, known: Iterable[str]) -> str:
    """The name that comes nearest; of several ids that do, one of the same family: they share their first digit."""
    key, by_key = _key(word), {_key(name): name for name in known}
    close = difflib.get_close_matches(key, by_key, n=8, cutoff=0.5)
    best = max(close, key=lambda name: _is_id(key) and name[:3] == key[:3], default=None)
    return f" (did you mean {by_key[best]}?)" if best else ""


def _is_id(key: str) -> bool:
    return key.startswith("wf") and key[2:].isdigit()


def _key(word: str) -> str:
    return word.lower().replace("_", "-")


def _ids(rules: Iterable[Rule]) -> list[str]:
    return [rule.id for rule in rules]


def _names(rules: Iterable[Rule]) -> list[str]:
    return [rule.name for rule in rules]
