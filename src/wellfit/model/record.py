"""What is kept of a run: which code ran, how, on what, and what came out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wellfit.model.cure import Cure
from wellfit.model.knob import Value
from wellfit.model.option import DeclaredOption

SCHEMA = 1
"""Of the record's file; grows with each change that an older reader cannot take."""

Status = Literal["running", "done", "failed", "killed", "pruned"]
"""`running`: its process lives. `done`: exit code 0. `failed`: another one. `killed`: it left no word. `pruned`: a
search ended it."""


SEARCHED = ("trial", "confirm")
"""Kinds of runs that belong to a search where they have a parent."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A source file that git does not track.

    Args:
        path: relative to the root, with `/`; bytes that are no UTF-8 as lone surrogates.
        size_bytes: of the file.
        sha256: of its content, in hex; None where it could not be read, or was too large to.
        kept: whether a copy lies in the record.
    """

    path: str
    size_bytes: int
    sha256: str | None
    kept: bool


@dataclass(frozen=True, slots=True)
class Submodule:
    """A repository within the repository.

    Args:
        path: relative to the repository's root.
        commit: that is checked out; None where it has not been fetched.
        dirty: it has changes of its own, which the patches do not hold.
    """

    path: str
    commit: str | None
    dirty: bool


@dataclass(frozen=True, slots=True)
class GitState:
    """The code that ran.

    Args:
        root: absolute folder of the working tree.
        commit: 40 or 64 hex digits; None where there is none yet.
        branch: None where HEAD is detached.
        staged: files that differ between the commit and the index; 2,000 at most.
        unstaged: files that differ between the index and the working tree; 2,000 at most.
        patches_kept: whether the record holds `staged.patch` and `unstaged.patch`; False where they were too large.
        untracked: files that git neither tracks nor ignores.
        untracked_left_out: how many more there are that were not even listed.
        submodules: of the root.
        is_worktree: it is a linked working tree.
        is_shallow: its history is cut.
        hashes: SHA-256 in hex of changed files as they lay in the working tree, by path: git may store other line ends.
    """

    root: str
    commit: str | None
    branch: str | None
    staged: tuple[str, ...] = ()
    unstaged: tuple[str, ...] = ()
    patches_kept: bool = True
    untracked: tuple[KeptFile, ...] = ()
    untracked_left_out: int = 0
    submodules: tuple[Submodule, ...] = ()
    is_worktree: bool = False
    is_shallow: bool = False
    hashes: Mapping[str, str] = field(default_factory=dict)

    @property
    def dirty(self) -> bool:
        """Whether the code that ran is anything but the commit."""
        return bool(self.staged or self.unstaged or self.untracked or any(s.dirty for s in self.submodules))


@dataclass(frozen=True, slots=True)
class OwnSources:
    """The code that ran, where it lies in no repository.

    Args:
        root: absolute folder of the files.
        files: the script, the modules that it imported from there, and files that its arguments name.
        left_out: how many more there are that were not even listed.
    """

    root: str
    files: tuple[KeptFile, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """What the run ran on.

    Args:
        host: its name.
        system: operating system and its release.
        cpu: the processor's own name.
        cores: that the process may use.
        memory_bytes: of the machine.
        devices: names of the accelerators that torch sees; empty where there are none.
        driver: of the accelerators.
    """

    host: str
    system: str
    cpu: str
    cores: int
    memory_bytes: int | None
    devices: tuple[str, ...] = ()
    driver: str | None = None


@dataclass(frozen=True, slots=True)
class Software:
    """What the run ran with.

    Args:
        python: version.
        executable: absolute path of the interpreter.
        packages: version by name of each installed distribution.
        variables: names of the environment variables, without their values.
    """

    python: str
    executable: str
    packages: Mapping[str, str]
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One of the script's own options, as it was parsed.

    Args:
        name: `lr`, `model.width`.
        value: a string, number, boolean or None; of anything else its `repr`, cut.
        default: the same, of what stands where nobody says otherwise.
        source: what parsed it: `argparse`, `click`, `dataclass` ...
    """

    name: str
    value: str | float | bool | None
    default: str | float | bool | None
    source: str

    @property
    def given(self) -> bool:
        """Whether it is anything but its default."""
        return self.value != self.default


@dataclass(frozen=True, slots=True)
class Seeds:
    """The random generators when training began.

    Args:
        seeds: by generator, where it says which: `torch`, and `PYTHONHASHSEED`.
        states: hash by generator: `python`, `numpy`, `torch`, `cuda:0`.
        deterministic: `torch.are_deterministic_algorithms_enabled()`.
        threads: `torch.get_num_threads()`.
    """

    seeds: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    deterministic: bool = False
    threads: int = 0


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric over the run.

    Args:
        name: as the script calls it; `train/loss` and the like where wellfit measured it.
        source: `loss`, `evaluation`, `tensorboard`, `printed`, `reported`.
        count: values.
        first: value.
        last: value.
        best: value; the lowest or the highest, by `higher_is_better`.
        best_step: step of the best one.
        last_step: step of the last one.
        higher_is_better: None where nobody knows; the best is the lowest then.
    """

    name: str
    source: str
    count: int
    first: float
    last: float
    best: float
    best_step: int
    last_step: int
    higher_is_better: bool | None = None


@dataclass(frozen=True, slots=True)
class VerdictKept:
    """What a rule said of the run.

    Args:
        rule: id.
        name: of the rule.
        verdict: `found`, `clear`, `unseen` or `broken`.
        where: `file:line` of the first finding; empty without one.
    """

    rule: str
    name: str
    verdict: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run.

    Args:
        id: names its folder; sorts by start.
        kind: what started it: `run`, `check`, `trial`, `confirm` (of a search, on a fresh seed), `rerun`.
        words: program and arguments.
        folder: absolute working folder.
        script: as the user named it.
        started: UTC, ISO 8601 with microseconds.
        status: see `Status`.
        pid: of the process that keeps the record.
        parent: id of the run that it repeats, or name of the search that it belongs to.
        changes: what was changed in the running script, as trials of a search are; empty for a plain run.
        params: values that `wellfit.params` gave in place of its defaults, by name.
        seed_shift: by which every seed of the script was moved; 0 for none.
        git: the repository that the working folder lies in; None where it lies in none.
        sources: copies of the script and its modules, where these lie in no repository; None where git has them.
        ended: UTC; None while it runs.
        elapsed_s: by a clock that only goes forward.
        exit_code: as the shell would see it; negative for death by that signal.
        options: of the script, as they were parsed.
        declared: what the script's parser takes, so that a search can set it; empty where none was heard.
        data: hashes of the first batches, in order.
        notes: what could not be recorded, and why; one sentence each.
        schema: of this record.
    """

    id: str
    kind: str
    words: tuple[str, ...]
    folder: str
    script: str
    started: str
    status: Status
    pid: int
    git: GitState | None = None
    sources: OwnSources | None = None
    machine: Machine | None = None
    software: Software | None = None
    parent: str | None = None
    changes: tuple[Cure, ...] = ()
    params: Mapping[str, Value] = field(default_factory=dict)
    seed_shift: int = 0
    ended: str | None = None
    elapsed_s: float | None = None
    exit_code: int | None = None
    options: tuple[Option, ...] = ()
    declared: tuple[DeclaredOption, ...] = ()
    seeds: Seeds | None = None
    data: tuple[str, ...] = ()
    metrics: tuple[MetricSummary, ...] = ()
    verdicts: tuple[VerdictKept, ...] = ()
    notes: tuple[str, ...] = ()
    schema: int = SCHEMA

    @property
    def values(self) -> Mapping[str, Any]:
        """Options by name."""
        return {option.name: option.value for option in self.options}
