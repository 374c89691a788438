"""Two that begin at one moment: tables are made once, and one name is given once."""

import os
from pathlib import Path

from databases import Server
from studies import plan_of

from wellfit.errors import UsageError
from wellfit.tune.study.ledger import Ledger
from wellfit.tune.study.storage import check_free


def begun(place: str, name: str, said: Path) -> int:
    """A process that begins a study as soon as it can."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            Ledger.create(place, plan_of(3, name=name))
            code = 0
        except UsageError as error:
            said.write_text(str(error))
            code = 2
        except BaseException as error:
            said.write_text(repr(error))
        finally:
            os._exit(code)
    return pid


def codes(pids: list[int]) -> list[int]:
    return sorted(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids)


def test_an_empty_database_takes_several_starters_at_once(postgres: Server, tmp_path: Path) -> None:
    place = postgres.new_database()
    pids = [begun(place, str(number), tmp_path / str(number)) for number in range(4)]
    assert codes(pids) == [0] * 4, [path.read_text() for path in tmp_path.iterdir()]


def test_of_two_starters_with_one_name_one_is_refused(place: str, tmp_path: Path) -> None:
    said = tmp_path / "said"
    said.mkdir()
    check_free(place, "small")
    assert codes([begun(place, "small", said / str(number)) for number in range(2)]) == [0, 2]
    assert [path.read_text().partition(":")[0] for path in said.iterdir()] == ["a study named small is there already"]
