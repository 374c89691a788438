"""What one watched run was asked to do, and how it ended."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from wellfit.model.cure import Trial
from wellfit.model.knob import Value
from wellfit.model.retrace import Retrace
from wellfit.model.wishes import Wishes

WATCH_VARIABLE = "WELLFIT_WATCH"
"""Environment variable that carries the settings to every process below the launched command."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How the child is watched.

    Args:
        log_dir: absolute folder; each process that trains writes one `events-RANK-PID.jsonl` there.
        steps: optimizer steps after which the child ends cleanly; None for no budget.
        wanted: names of the event types that the chosen rules read; None for all.
        trial: what is changed about the run and scored in it; None for the user's own run.
        wishes: of who wants the run beside its recipe; None where nobody does.
        record: whether options, generators, first batches and metrics are noted.
        lean: no probe runs but those whose events are wanted: not even the ones that every report needs.
        seed_shift: moves every seed that the program sets; 0 leaves them alone.
        params: values of what the program declares by `wellfit.params`, by name; others are its defaults.
        generators: file with states that the generators are set to once torch is imported; None leaves them alone.
        retrace: what a run that is traced is held to; None where nobody traces it.
    """

    log_dir: str
    steps: int | None = None
    wanted: tuple[str, ...] | None = None
    trial: Trial | None = None
    wishes: Wishes | None = None
    record: bool = False
    lean: bool = False
    generators: str | None = None
    seed_shift: int = 0
    retrace: Retrace | None = None
    params: Mapping[str, Value] = field(default_factory=dict)

    def to_variable(self) -> str:
        """The settings as the value of `WATCH_VARIABLE`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "WatchSettings | None":
        """The settings that this process was started with, or None where nobody watches."""
        text = environment.get(WATCH_VARIABLE)
        if not text:
            return None
        values = json.loads(text)
        wanted, trial, wishes, retrace = values["wanted"], values["trial"], values["wishes"], values["retrace"]
        return cls(
            values["log_dir"],
            values["steps"],
            None if wanted is None else tuple(wanted),
            None if trial is None else Trial.from_dict(trial),
            None if wishes is None else Wishes.from_dict(wishes),
            values["record"],
            values["lean"],
            values["generators"],
            values["seed_shift"],
            None if retrace is None else Retrace.from_dict(retrace),
            values["params"],
        )


@dataclass(frozen=True, slots=True)
class Started:
    """How a process that trained was started.

    Args:
        words: its command line, the interpreter first.
        folder: absolute working folder that it began in.
        ranked: a launcher told it its rank by the environment.
    """

    words: tuple[str, ...]
    folder: str
    ranked: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the launched command ended.

    Args:
        exit_code: as the shell would see it; negative for death by that signal.
        armed: some process below the command loaded our `sitecustomize`.
        torch_imported: some armed process imported torch.
        logs: absolute paths of the event logs that were written, rank 0 first.
        errors: what kept the observer from starting in some process, each error once.
    """

    exit_code: int
    armed: bool
    torch_imported: bool
    logs: tuple[str, ...]
    elapsed_s: float
    errors: tuple[str, ...] = ()
