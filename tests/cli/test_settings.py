"""`[tool.wellfit]` of the nearest pyproject.toml."""

import pytest

from wellfit.errors import UsageError
from wellfit.settings import Settings, read_settings


def write(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text)


def test_no_file_asks_for_nothing(tmp_path):
    assert read_settings(tmp_path) == Settings()


def test_all_settings(tmp_path):
    write(tmp_path, "[tool.wellfit]\nselect = ['loss', 'WF201']\nignore = []\nsteps = 20")
    assert read_settings(tmp_path) == Settings(("loss", "WF201"), (), 20)


def test_the_nearest_file_that_speaks_of_wellfit_counts(tmp_path):
    write(tmp_path, "[tool.wellfit]\nsteps = 1")
    write(tmp_path / "a", "[tool.wellfit]\nsteps = 2")
    write(tmp_path / "a" / "b", "[tool.ruff]\nline-length = 100")
    assert read_settings(tmp_path / "a" / "b" / "c").steps == 2


def test_all_mistakes_at_once(tmp_path):
    write(tmp_path, "[tool.wellfit]\nselct = ['loss']\nignore = 'WF101'\nsteps = 0\ncolour = true")
    with pytest.raises(UsageError) as error:
        read_settings(tmp_path)
    assert [mistake.partition("[tool.wellfit] ")[2] for mistake in error.value.mistakes] == [
        "selct is no setting (did you mean select?)",
        "colour is no setting (there are select, ignore, steps)",
        "ignore must be a list of strings, got 'WF101'",
        "steps must be a whole number >= 1, got 0",
    ]


@pytest.mark.parametrize(
    "text", ["[tool.wellfit", "tool = 3", "[tool]\nwellfit = 3", "[tool.wellfit]\nsteps = true", "x = '\xff'"]
)
def test_damaged_file_is_named(tmp_path, text):
    (tmp_path / "pyproject.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        read_settings(tmp_path)
