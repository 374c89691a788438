"""The hyperparameters of a program by name: what each is where nobody searches, and where a search may move it."""

import keyword
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from wellfit.declare.ranges import Range, mistakes_of
from wellfit.errors import raise_all
from wellfit.model.knob import Knob, Value

if TYPE_CHECKING:
    from optuna.trial import BaseTrial


class Hyperparameters(Mapping[str, Value]):
    """Plain values by name, as attributes and as a mapping; they cannot be changed.

    Args:
        values: by name.

    Example:
        >>> hp = Hyperparameters({"lr": 0.1, "width": 64})
        >>> hp.lr, hp["width"], dict(hp)
        (0.1, 64, {'lr': 0.1, 'width': 64})
    """

    __slots__ = ("_values",)
    _values: dict[str, Value]

    def __init__(self, values: Mapping[str, Value]) -> None:
        object.__setattr__(self, "_values", dict(values))

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # asked for while it is unpickled, before there are values
            raise AttributeError(name)
        if name in self._values:
            return self._values[name]
        raise AttributeError(f"no hyperparameter is named {name!r}{_nearest(name, self._values)}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} cannot be set: hyperparameters stay as they were given")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._values})

    def __reduce__(self) -> tuple[type["Hyperparameters"], tuple[dict[str, Value]]]:
        return Hyperparameters, (dict(self._values),)

    def __repr__(self) -> str:
        return f"Hyperparameters({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"


def _nearest(name: str, names: Mapping[str, Value]) -> str:
    near = get_close_matches(name, names, n=1)
    return f" (did you mean {near[0]!r}?)" if near else f"; there are {', '.join(names) or 'none'}"


class Space(Mapping[str, Range | Value]):
    """Ranges, and values that nobody moves, by name.

    Args:
        given: `wellfit.log(...)`, `lin`, `integer` or `choice`, or a plain number, string or boolean, by name.

    Raises:
        UsageError: a range that holds nothing, a default outside of it, a name that is no attribute's; all at once.

    Example:
        >>> from wellfit.declare.ranges import lin, log
        >>> space = Space({"lr": log(3e-3, 1e-5, 1), "dropout": lin(0.1, 0, 0.6), "epochs": 10})
        >>> space.defaults
        Hyperparameters(lr=0.003, dropout=0.1, epochs=10)
        >>> [knob.name for knob in space.knobs]
        ['lr', 'dropout']
    """

    def __init__(self, given: Mapping[str, Range | Value]) -> None:
        raise_all([f"{name}: {mistake}" for name, value in given.items() for mistake in _mistakes(name, value)])
        self._given = dict(given)

    def __getitem__(self, name: str) -> Range | Value:
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def __repr__(self) -> str:
        return f"Space({self._given!r})"

    @property
    def ranges(self) -> Mapping[str, Range]:
        """What a search may move, by name."""
        return {name: value for name, value in self._given.items() if isinstance(value, Range)}

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The same in the words of a search."""
        return tuple(given.knob(name) for name, given in self.ranges.items())

    @property
    def defaults(self) -> Hyperparameters:
        """Values where nobody searches."""
        return self.filled({})

    def filled(self, values: Mapping[str, Value]) -> Hyperparameters:
        """Defaults, and in their place what a trial moves; names that are not ours are left out.

        Args:
            values: by name.
        """
        ranges = self.ranges
        plain = {name: value.default if isinstance(value, Range) else value for name, value in self._given.items()}
        return Hyperparameters(plain | {name: value for name, value in values.items() if name in ranges})

    def to_optuna(self, trial: "BaseTrial") -> Hyperparameters:
        """Have a trial of Optuna propose values: its names and distributions are those of a study made by wellfit.

        Args:
            trial: of a study of the user's own, or a `FixedTrial`.
        """
        return self.filled({name: _suggested(trial, name, given) for name, given in self.ranges.items()})


def _suggested(trial: "BaseTrial", name: str, given: Range) -> Value:
    if given.choices or given.low is None or given.high is None:
        chosen: Value = trial.suggest_categorical(name, given.choices)  # type: ignore[assignment]
        return chosen
    if given.integer:
        return trial.suggest_int(name, int(given.low), int(given.high), log=given.log)
    return trial.suggest_float(name, float(given.low), float(given.high), log=given.log)


def _mistakes(name: str, value: object) -> Iterator[str]:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_") or hasattr(Mapping, name):
        yield "a hyperparameter is read as an attribute, for which this name does not do"
    if isinstance(value, Range):
        yield from mistakes_of(value)
    elif not isinstance(value, (int, float, str)):
        yield f"write wellfit.log, lin, integer or choice, or a plain value; got {value!r}"
