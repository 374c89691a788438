import os
from pathlib import Path

import pytest
from building import finding_in, found, report_of, write_program

from wellfit.model.place import Place
from wellfit.model.source import Sources
from wellfit.report import source
from wellfit.report.source import read_sources


def sources_of(file: str) -> Sources:
    return read_sources(report_of(found(finding_in(file))))


def test_line_is_given_without_its_end(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    assert sources_of(file).line(Place(file, 4, "<module>")) == "def forward(head, x):"


@pytest.mark.parametrize("line", [0, -1, 10])
def test_line_beyond_the_file_is_none(tmp_path: Path, line: int) -> None:
    file = write_program(tmp_path)
    assert sources_of(file).line(Place(file, line, "<module>")) is None


def test_lines_are_counted_as_python_counts_them(tmp_path: Path) -> None:
    file = write_program(tmp_path, "a = 1\x0c\nb = '\u2028'\nc = 3\n")
    assert sources_of(file).line(Place(file, 3, "<module>")) == "c = 3"


def test_declared_encoding_is_read(tmp_path: Path) -> None:
    file = tmp_path / "latin.py"
    file.write_bytes("# coding: latin-1\nname = 'é'\n".encode("latin-1"))
    assert sources_of(str(file)).line(Place(str(file), 2, "<module>")) == "name = 'é'"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"# coding: no-such-codec\n", b"\x80\x81"])
def test_undecodable_file_is_left_out(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.py"
    file.write_bytes(content)
    assert sources_of(str(file)).files == {}


@pytest.mark.parametrize("name", ["/gone.py", "<string>", "", "a\0b", "."])
def test_what_is_no_file_is_left_out(name: str) -> None:
    assert sources_of(name).files == {}


def test_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert sources_of(str(tmp_path / "pipe.py")).files == {}


def test_large_file_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST_FILE_BYTES", 10)
    assert sources_of(write_program(tmp_path)).files == {}


def test_lines_around_stop_at_the_ends_of_the_file(tmp_path: Path) -> None:
    file = write_program(tmp_path, "a\nb\nc\n")
    assert sources_of(file).around(Place(file, 1, "<module>"), context=5) == ((1, "a"), (2, "b"), (3, "c"))
