"""What the probe of resumption and the schedules that it tries share: values, and their way through a file."""

import dis
import io
from types import FunctionType
from typing import Any

import torch
from torch import Tensor

from wellfit.model.place import Place
from wellfit.observe.places import is_user_code


def is_state(value: Any) -> bool:
    """A tensor or a number."""
    return isinstance(value, Tensor) or type(value) in (int, float)


def is_savable(value: Any) -> bool:
    """A tensor, a number, or a flat list or dictionary of them."""
    if isinstance(value, (dict, list)):
        return all(is_state(v) for v in (value.values() if isinstance(value, dict) else value))
    return is_state(value)


def copied(value: Any) -> Any:
    """A value that shares nothing with the original."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    return type(value)(value) if isinstance(value, (dict, list)) else value


def values_equal(one: Any, other: Any) -> bool:
    """Of the same type, to the last bit."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return is_same(one, other)
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(values_equal(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(values_equal, one, other))
    return bool(one == other)


def is_same(one: Tensor, other: Tensor) -> bool:
    """Of the same shape, to the last bit; NaN equals NaN."""
    return one.shape == other.shape and torch.equal(torch.nan_to_num(one), torch.nan_to_num(other))


def set_at(kind: type, attribute: str) -> Place | None:
    """The last line of a class of the user's own that sets an attribute, its constructor aside."""
    found = None
    for base in kind.__mro__:
        for name, method in vars(base).items():
            if not isinstance(method, FunctionType) or name == "__init__" or not is_user_code(method.__code__):
                continue
            line = method.__code__.co_firstlineno
            for instruction in dis.get_instructions(method):
                line = _line(instruction) or line
                if instruction.opname == "STORE_ATTR" and instruction.argval == attribute:
                    found = Place(method.__code__.co_filename, line, method.__code__.co_name)
    return found


def _line(instruction: dis.Instruction) -> int | None:
    """Where an instruction stands; Python 3.13 tells it under another name."""
    line = getattr(instruction, "line_number", None)
    return line if line is not None else (instruction.starts_line or None)


def through_a_file(state: Any) -> Any:
    """What `torch.load` makes of what `torch.save` wrote."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=False)
