"""Events of a run that is traced, to find where it parts from another of the same code."""

from dataclasses import dataclass
from typing import Literal

from wellfit.model.place import Place

SourceKind = Literal["seed", "system", "clock"]
"""What gave a number: a seed that a generator is given, the operating system, also where a generator is given no seed,
or a clock."""


@dataclass(frozen=True, slots=True)
class ProcessTraced:
    """A process is traced from here on.

    Args:
        hash: of a fixed string, which tells by what seed Python hashes.
        threads: of torch.
    """

    hash: int
    threads: int


@dataclass(frozen=True, slots=True)
class OperationTraced:
    """An operation of torch ran, in the program itself or in its backward pass.

    Args:
        name: of the operator with its overload, such as `aten.addmm.default`.
        draws: it draws from a generator.
        inputs: hash of its tensors and numbers; of one that draws, of its generator's state before.
        outputs: hash of what it made or changed; empty where it promises no values.
        module: class of the innermost module whose forward ran it; empty outside of any.
        place: the user's line, its file relative to the root.
        process: which it was: empty for the first, `2` for the second that it forked, `2.1` for the first of that.
        worker: of a DataLoader; -1 outside of any.
    """

    name: str
    draws: bool
    inputs: str
    outputs: str
    module: str
    place: Place | None
    process: str
    worker: int


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A number came in that no generator of the program's gave.

    Args:
        kind: of source.
        function: as the user writes it.
        value: its `repr`; empty where there is none that could be given again.
        key: names the read among all of a run; ends in how many of its line and process there were, itself included.
        place: the user's line, its file relative to the root.
        direct: this line asks itself, and no library that it calls.
        process: which it was: empty for the first, `2` for the second that it forked, `2.1` for the first of that.
        worker: of a DataLoader; -1 outside of any.
    """

    kind: SourceKind
    function: str
    value: str
    key: str
    place: Place | None
    direct: bool
    process: str
    worker: int

    @property
    def is_repeated(self) -> bool:
        """Whether its line has read before, in the same process."""
        return not self.key.endswith("|1")


@dataclass(frozen=True, slots=True)
class FileRead:
    """The program opened a file to read it.

    Args:
        path: absolute, links followed.
        changed_s: Unix time at which its content or its name was last changed.
    """

    path: str
    changed_s: float
