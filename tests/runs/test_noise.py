"""The noise of a script's metrics: measured, kept, and read from a file that anyone may have edited."""

import json
import math
from pathlib import Path

import pytest
from records import draft

from wellfit.runs.noise import NAME, noise_of, write_noise

RUN = draft()


def test_noise_is_the_standard_deviation_of_a_sample(tmp_path: Path):
    assert write_noise(tmp_path, "train.py", {"loss": (1.0, 2.0, 3.0)}) == {"loss": 1.0}
    assert noise_of(tmp_path, RUN, RUN) == {"loss": 1.0}


def test_values_that_are_not_finite_do_not_count(tmp_path: Path):
    values = {"some": (1.0, math.nan, 3.0, math.inf), "one": (1.0, math.nan), "none": (math.nan,), "nothing": ()}
    assert write_noise(tmp_path, "train.py", values) == {"some": pytest.approx(math.sqrt(2))}


def test_seeds_that_change_nothing_make_no_noise(tmp_path: Path):
    assert write_noise(tmp_path, "train.py", {"loss": (0.5, 0.5, 0.5)}) == {"loss": 0.0}


def test_a_new_measurement_replaces_that_of_its_script_alone(tmp_path: Path):
    write_noise(tmp_path, "train.py", {"loss": (1.0, 2.0), "accuracy": (0.1, 0.2)})
    write_noise(tmp_path, "other.py", {"loss": (1.0, 5.0)})
    write_noise(tmp_path, "train.py", {"loss": (1.0, 3.0)})
    other = draft(script="other.py")
    assert noise_of(tmp_path, RUN, RUN) == {"loss": pytest.approx(math.sqrt(2))}
    assert noise_of(tmp_path, other, other) == {"loss": pytest.approx(math.sqrt(8))}


def test_runs_of_two_scripts_have_no_common_noise(tmp_path: Path):
    write_noise(tmp_path, "train.py", {"loss": (1.0, 2.0)})
    assert noise_of(tmp_path, RUN, draft(script="other.py")) == {}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "null", '{"train.py": 3}', '{"train.py": ["loss"]}', "\xff", "[" * 100_000],
)
def test_a_damaged_file_is_no_noise_and_is_written_anew(tmp_path: Path, text: str):
    (tmp_path / NAME).write_text(text, encoding="latin-1")
    assert noise_of(tmp_path, RUN, RUN) == {}
    write_noise(tmp_path, "train.py", {"loss": (1.0, 3.0)})
    assert noise_of(tmp_path, RUN, RUN) == {"loss": pytest.approx(math.sqrt(2))}


def test_what_is_no_noise_is_passed_over(tmp_path: Path):
    kept = {"text": "1", "yes": True, "below": -1.0, "nan": math.nan, "inf": math.inf, "list": [1], "good": 2}
    (tmp_path / NAME).write_text(json.dumps({"train.py": kept}))
    assert noise_of(tmp_path, RUN, RUN) == {"good": 2.0}


def test_there_need_be_no_file(tmp_path: Path):
    assert noise_of(tmp_path / "gone", RUN, RUN) == {}
