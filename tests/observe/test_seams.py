"""The seams tell of each call, and nobody else can tell that they are there."""

import traceback
import types
from collections.abc import Callable
from typing import Any

import pytest

from wellfit.observe.seams import listen_on_method, listen_on_module


def make_module() -> types.ModuleType:
    module = types.ModuleType("sample")

    def double(number: int) -> int:
        return 2 * number

    def fail() -> None:
        raise ValueError("from inside")

    vars(module).update(double=double, fail=fail)
    return module


@pytest.fixture
def seen() -> list[str]:
    return []


def listener(seen: list[str], name: str) -> Callable[[types.FrameType], Any]:
    return lambda frame: seen.append(f"{name} from {frame.f_code.co_name}")


def test_module_seam_tells_who_looks(seen: list[str]) -> None:
    module = make_module()
    listen_on_module(module, {"double": listener(seen, "double")})
    assert module.double(4) == 8
    assert seen == ["double from test_module_seam_tells_who_looks"]


def test_module_seam_leaves_no_frame(seen: list[str]) -> None:
    module = make_module()
    listen_on_module(module, {"fail": listener(seen, "fail")})
    with pytest.raises(ValueError, match="inside") as caught:
        module.fail()
    assert [f.name for f in traceback.extract_tb(caught.tb)] == ["test_module_seam_leaves_no_frame", "fail"]


def test_module_attribute_can_still_be_patched(seen: list[str]) -> None:
    module = make_module()
    listen_on_module(module, {"double": listener(seen, "double")})
    module.double = lambda number: 3 * number  # type: ignore[attr-defined]
    assert module.double(4) == 12


def test_module_attribute_can_still_be_deleted(seen: list[str]) -> None:
    module = make_module()
    listen_on_module(module, {"double": listener(seen, "double")})
    del module.double
    with pytest.raises(KeyError):
        vars(module)["double"]


class Sample:
    def value(self) -> int:
        return 7

    def fail(self) -> None:
        raise ValueError("from inside")


@pytest.fixture
def sample() -> type[Sample]:
    return type("Sample", (), dict(vars(Sample)))


def test_method_seam_tells_the_instance(sample: type[Sample]) -> None:
    told: list[Any] = []
    listen_on_method(sample, "value", lambda instance, _: told.append(instance))
    thing = sample()
    assert thing.value() == 7
    assert told == [thing]


def test_method_seam_leaves_no_frame(sample: type[Sample]) -> None:
    listen_on_method(sample, "fail", lambda *_: None)
    with pytest.raises(ValueError, match="inside") as caught:
        sample().fail()
    assert [f.name for f in traceback.extract_tb(caught.tb)] == ["test_method_seam_leaves_no_frame", "fail"]


def test_method_seam_gives_the_class_its_own_function(sample: type[Sample]) -> None:
    original = sample.value
    listen_on_method(sample, "value", lambda *_: None)
    assert sample.value is original
