"""What is recorded of the machine and of the packages, and how long that takes."""

import os
import sys
import time
from importlib.metadata import distributions
from pathlib import Path

import pytest

from wellfit.runs import machine
from wellfit.runs.machine import describe_machine
from wellfit.runs.software import describe_software, list_packages


def test_machine_tells_itself() -> None:
    seen = describe_machine()
    assert seen.cores == len(os.sched_getaffinity(0)) or machine.CPU_QUOTA.exists()
    assert seen.memory_bytes is not None
    assert seen.memory_bytes > 2**28
    assert all((seen.host, seen.system, seen.cpu))


@pytest.mark.parametrize(
    ("quota", "cores"), [("100000 100000\n", 1), ("50000 100000\n", 1), ("odd\n", None), ("max 100000\n", None)]
)
def test_share_of_a_container_bounds_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cores: int | None
) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(machine, "CPU_QUOTA", tmp_path / "cpu.max")
    assert describe_machine().cores == (cores or len(os.sched_getaffinity(0)))


def test_packages_are_those_that_the_metadata_names() -> None:
    software, notes = describe_software()
    expected: dict[str, str] = {}
    for found in distributions():
        name = "-".join(
            part for part in found.metadata["Name"].lower().replace("_", "-").replace(".", "-").split("-") if part
        )
        expected.setdefault(name, found.version)
    assert dict(software.packages) == expected
    assert "torch" in software.packages
    assert notes == ()


def test_forms_of_folder_names(tmp_path: Path) -> None:
    for name in ("Foo_Bar-1.0.dist-info", "old-2.0-py3.11.egg-info", "x.y-3!1.0+cpu.dist-info", "no_info", "notes.txt"):
        (tmp_path / name).mkdir()
    (tmp_path / "dev.egg-info").mkdir()
    (tmp_path / "dev.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: dev\nVersion: 0.5\n")
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "foo_bar-9.9.dist-info").mkdir()
    found = list_packages([str(tmp_path), str(tmp_path / "second"), str(tmp_path / "gone.zip")])
    assert found == {"dev": "0.5", "foo-bar": "1.0", "old": "2.0", "x-y": "3!1.0+cpu"}


def test_two_hundred_packages_take_less_than_50_ms(tmp_path: Path) -> None:
    for index in range(200):
        (tmp_path / f"package_{index}-1.{index}.dist-info").mkdir()
        for extra in range(5):
            (tmp_path / f"package_{index}_{extra}").mkdir()
    times = []
    for _ in range(5):
        started = time.perf_counter()
        assert len(list_packages([str(tmp_path)])) == 200
        times.append(time.perf_counter() - started)
    assert min(times) < 0.05


def test_variables_are_named_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_PASSWORD", "hunter2")
    software, _ = describe_software()
    assert "MY_PASSWORD" in software.variables
    assert "hunter2" not in repr(software)


def test_other_interpreter_is_not_taken_for_ours(tmp_path: Path) -> None:
    other = tmp_path / "bin" / "python"
    other.parent.mkdir()
    other.symlink_to(sys.executable)
    software, notes = describe_software(str(other))
    assert (software.executable, software.packages, software.python) == (str(other), {}, "")
    assert notes == (f"packages were not recorded: {other} may run another Python than {sys.executable}",)


def test_our_interpreter_by_another_name_is_ours() -> None:
    beside = Path(sys.executable).with_name("python3")
    assert describe_software(str(beside))[0].packages
