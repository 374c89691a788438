"""A rule's page as Markdown: what it says of itself, its example, the cure, and an innocent that looks alike."""

import difflib
import inspect
from collections.abc import Iterable
from pathlib import Path

from wellfit.model.rule import Rule


def page(rule: Rule) -> str:
    """The page that `wellfit explain` prints and the site shows.

    Args:
        rule: a rule whose folder holds `bad.py`, `good.py` and `near.py`; an example that is absent is left out.
    """
    title, _, rest = rule.doc.partition("\n")
    folder = Path(inspect.getfile(rule.function)).parent
    bad, good, near = (_read(folder / name) for name in ("bad.py", "good.py", "near.py"))
    parts = [
        f"# {rule.id} {rule.name}",
        title,
        f"Severity **{rule.severity}** · family **{rule.family}** · {rule.status} · since {rule.since}",
        rest.strip(),
        *_section("A program that has it", "The marked line is the one that the finding names.", "python", bad),
        *_section("The same program, cured", "", "diff", _diff(bad, good)),
        *_section("Looks guilty, is innocent", "No finding here.", "python", near),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def index(rules: Iterable[Rule]) -> str:
    """All rules by family, each linked to its page."""
    by_family: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda r: r.id):
        by_family.setdefault(rule.family, []).append(rule)
    intro = "Every rule that `wellfit check` runs. `wellfit explain WF101` prints the same page in a terminal."
    parts = ["# Rules", intro]
    for name, members in by_family.items():
        parts += [f"## {name}", _table(members)]
    return "\n\n".join(parts) + "\n"


def _table(rules: Iterable[Rule]) -> str:
    rows = (f"| [{r.id}]({r.id}.md) | {r.name} | {r.severity} | {r.title} |" for r in rules)
    return "\n".join(("| id | name | severity | what it says |", "|---|---|---|---|", *rows))


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _section(heading: str, lead: str, language: str, code: str) -> tuple[str, ...]:
    return (f"## {heading}", lead, f"```{language}\n{code.rstrip()}\n```") if code else ()


def _diff(bad: str, good: str) -> str:
    if not (bad and good):
        return ""
    lines = difflib.unified_diff(bad.splitlines(), good.splitlines(), "bad.py", "good.py", lineterm="")
    return "\n".join(lines)
