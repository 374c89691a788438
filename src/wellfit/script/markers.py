"""The lines that armed processes leave for the parent."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Markers:
    """What the processes below the launched command said of themselves.

    Args:
        armed: process ids that loaded our `sitecustomize`.
        torch: process ids that imported torch.
        errors: what kept the observer from starting, each error once.
    """

    armed: tuple[int, ...] = ()
    torch: tuple[int, ...] = ()
    errors: tuple[str, ...] = ()


def read_markers(path: Path) -> Markers:
    """The markers of a run; none where no process wrote any."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return Markers()
    parts = [line.split(" ", 2) for line in lines]
    errors = dict.fromkeys(part[2] for part in parts if part[0] == "error" and len(part) == 3)  # noqa: PLR2004
    return Markers(_pids(parts, "armed"), _pids(parts, "torch"), tuple(errors))


def _pids(parts: list[list[str]], what: str) -> tuple[int, ...]:
    return tuple(int(part[1]) for part in parts if part[0] == what and len(part) > 1 and part[1].isdigit())
