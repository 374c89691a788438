"""A study in rows of a database: lost answers, lost seconds, forks, neighbours, and what may be read elsewhere."""

import contextlib
import os
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql
from databases import Server
from optuna import load_study
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from studies import Ledgers, plan_of, value_of

from wellfit.errors import UsageError
from wellfit.model.study import TrialTold
from wellfit.tune.study import patience
from wellfit.tune.study.address import with_driver
from wellfit.tune.study.database import TABLE, Database
from wellfit.tune.study.ledger import Ledger
from wellfit.tune.study.translate import seen_of


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/studies.db"
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.001)


def query(address: str, statement: str) -> list[Any]:
    """What somebody else's program does with the table, which is called T."""
    statement = statement.replace(" T ", f" {TABLE} ")
    engine = sql.create_engine(with_driver(address))
    with engine.begin() as connection:
        found = connection.exec_driver_sql(statement)
        rows = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return rows


def lose(database: Database) -> None:
    """As where the server or the network is gone, which says nothing."""
    database.close()
    raise sql.exc.OperationalError("", {}, Exception("server closed the connection unexpectedly"))


@contextlib.contextmanager
def losing(
    monkeypatch: pytest.MonkeyPatch, *, after: bool, then: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """Every write of the block loses its connection once: after it was done, or before."""
    commit, execute = Database.commit, sql.Connection.execute
    lost: set[int] = set()

    def losing_commit(self: Database) -> None:
        if id(self) in lost:
            lost.discard(id(self))
            return commit(self)
        lost.add(id(self))
        if after:
            commit(self)
        with contextlib.suppress(sql.exc.OperationalError):
            lose(self)
        then()
        return lose(self)

    def losing_execute(self: sql.Connection, statement: Any, *values: Any, **more: Any) -> Any:
        is_adding = isinstance(statement, sql.Insert) and statement.select is not None
        if not is_adding or id(self) in lost:
            return execute(self, statement, *values, **more)
        lost.add(id(self))
        if after:
            execute(self, statement, *values, **more)
        self.close()
        then()
        raise sql.exc.OperationalError("", {}, Exception("server closed the connection unexpectedly"))

    monkeypatch.setattr(Database, "commit", losing_commit)
    monkeypatch.setattr(sql.Connection, "execute", losing_execute)
    yield
    monkeypatch.setattr(Database, "commit", commit)
    monkeypatch.setattr(sql.Connection, "execute", execute)


def run(ledger: Ledger, most: int = 99, worker: str = "me") -> None:
    while most and (setting := ledger.ask(worker, "/copy")) is not None:
        ledger.note([value_of(setting.values)])
        ledger.tell(TrialTold("done", value_of(setting.values)))
        most -= 1


def is_whole(ledger: Ledger, trials: int) -> bool:
    ended = ledger.ended()
    whole = [seen_of(trial) for trial in ledger.engine.get_trials()]
    return [t.slot for t in ended] == list(range(trials)) == sorted(t.slot for t in whole) and {
        (t.end, t.attempt, len(t.course)) for t in whole
    } == {("done", 0, 1)}


@pytest.mark.parametrize("after", [True, False])
def test_a_write_whose_answer_was_lost_is_made_once(
    address: str, ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    ledger = ledgers.create(address, plan_of(5))
    with losing(monkeypatch, after=after):
        run(ledger)
    assert is_whole(ledger, 5)
    assert is_whole(ledgers.open(address), 5), "and so do others read it"
    numbers = [number for (number,) in query(address, "select number from T order by number")]
    assert numbers == list(range(1 + 5 * 3)), "the study; and each trial's beginning, value and end"


def test_who_writes_while_the_lock_is_lost_is_not_written_over(
    address: str, ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, other = ledgers.create(address, plan_of(6)), ledgers.open(address)
    run(ledger, 1)
    with losing(monkeypatch, after=False, then=lambda: None):
        setting = ledger.ask("me", "/copy")
    assert setting is not None
    others: list[int] = []

    def write() -> None:
        if not others:
            others.append(-1)
            asked = other.ask("other", "/copy")
            assert asked is not None
            others.append(asked.slot)

    ledger.tell(TrialTold("done", 1.0))
    with losing(monkeypatch, after=False, then=write):
        mine = ledger.ask("me", "/copy")
    assert mine is not None
    assert sorted([mine.slot, others[1]]) == [2, 3], "the other one's was read, and another slot begun"
    ledger.tell(TrialTold("done", 2.0))
    other.tell(TrialTold("done", 3.0))
    run(ledger)
    values = {trial.slot: trial.value for trial in ledgers.open(address).ended()}
    assert (values[mine.slot], values[others[1]]) == (2.0, 3.0)
    assert sorted(values) == list(range(6))


def test_a_server_that_has_lost_its_last_writes_is_believed(address: str, ledgers: Ledgers) -> None:
    """As one that does not write through to its disk, or a copy that took its place."""
    ledger = ledgers.create(address, plan_of(4))
    run(ledger, 2)
    setting = ledger.ask("me", "/copy")
    assert setting is not None
    query(address, "delete from T where number > 4")  # in the midst of the second trial
    assert ledger.note([1.0]), "it is nobody's any more: it ends early"
    ledger.tell(TrialTold("done", 1.0))
    run(ledger)
    assert [t.slot for t in ledgers.open(address).ended()] == list(range(4))
    assert [n for (n,) in query(address, "select count(*) from T where number >= 4 and number <= 5")] == [2]


def test_one_statement_writes_a_value_and_one_an_end(address: str, ledgers: Ledgers) -> None:
    ledger = ledgers.create(address, plan_of(5, sampler="tpe"))
    run(ledger, 1)
    statements: list[str] = []

    def count(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sql.event.listen(sql.Engine, "before_cursor_execute", count)
    try:
        run(ledger, 1)
    finally:
        sql.event.remove(sql.Engine, "before_cursor_execute", count)
    assert [s.split()[0] for s in statements] == ["BEGIN", "SELECT", "SELECT", "INSERT", "COMMIT", "INSERT", "INSERT"]


def test_values_and_ends_of_several_stand_behind_one_another(address: str, ledgers: Ledgers) -> None:
    first, second = ledgers.create(address, plan_of(8)), ledgers.open(address, stream=1)
    for _ in range(4):
        pair = [(first, first.ask("a", "/a")), (second, second.ask("b", "/b"))]
        for ledger, setting in [*pair, *reversed(pair)]:
            assert setting is not None
            ledger.note([float(setting.slot)])
        for ledger, setting in pair:
            assert setting is not None
            ledger.tell(TrialTold("done", float(setting.slot)))
    for ledger in (first, second, ledgers.open(address)):
        assert {t.slot: (t.value, len(t.course)) for t in ledger.ended()} == {n: (float(n), 2) for n in range(8)}


def test_a_trial_that_was_given_up_is_told_so_and_its_end_changes_nothing(address: str, ledgers: Ledgers) -> None:
    slow, other = ledgers.create(address, plan_of(1)), ledgers.open(address)
    slow.ask("slow|/nowhere", "/copy")
    slow.tell_many({})
    again = other.ask("slow|/nowhere", "/copy")  # the same worker, which has heard of nothing
    assert again is not None
    assert slow.note([1.0])
    assert not other.note([2.0])
    slow.tell(TrialTold("done", 1.0))
    other.tell(TrialTold("done", 2.0))
    assert [(t.value, t.attempt) for t in ledgers.open(address).ended()] == [(2.0, 1)]


def test_studies_in_one_table_do_not_see_each_other(address: str, ledgers: Ledgers) -> None:
    pair = [ledgers.create(address, plan_of(3)), ledgers.create(address, plan_of(4, name="Small'%s %(x)s"))]
    for ledger in pair:
        run(ledger)
    assert is_whole(ledgers.open(address), 3)
    assert is_whole(ledgers.open(address, "Small'%s %(x)s"), 4)


def test_a_forked_process_has_a_connection_of_its_own(address: str, ledgers: Ledgers) -> None:
    ledger = ledgers.create(address, plan_of(8))
    run(ledger, 2)
    mine = ledger.ask("parent", "/copy")
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            child = Ledger.open(address, "small")
            run(child, 2, "child")
            child.close()
            assert len(ledger.ended()) == 4, "the parent's, read anew here"
            ledger.close()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert mine is not None
    ledger.note([value_of(mine.values)])
    ledger.tell(TrialTold("done", value_of(mine.values)))
    run(ledger)
    assert is_whole(ledger, 8)


def test_psql_writes_a_journal_of_optuna(postgres: Server, ledgers: Ledgers, tmp_path: Path) -> None:
    address = postgres.new_database()
    ledger = ledgers.create(address, plan_of(5))
    run(ledger)
    asked = "select lines from wellfit_journal where study = 'small' order by number"
    words = [str(postgres.programs / "psql"), "-At", "-c", asked, address]
    with (tmp_path / "journal.log").open("w") as file:
        subprocess.run(words, stdout=file, check=True, timeout=60)
    journal = JournalFileBackend(str(tmp_path / "journal.log"))
    theirs = load_study(study_name="small", storage=JournalStorage(journal))
    assert theirs.best_value == min(trial.value for trial in ledger.ended()[1:])


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("update T set lines = '{' where number = 1", r"line 4 of the study small in the table .* is damaged"),
        ("delete from T where number = 1", "row 1 of the study small in the table .* is missing"),
    ],
)
def test_damage_is_named(address: str, ledgers: Ledgers, damage: str, says: str) -> None:
    ledger = ledgers.create(address, plan_of(3))
    run(ledger)
    query(address, damage)
    with pytest.raises(UsageError, match=says):
        Ledger.open(address, "small")


def test_a_large_batch_is_several_rows_and_one_write(address: str, ledgers: Ledgers) -> None:
    ledger = ledgers.create(address, plan_of(1200))
    assert len(ledger.ask_many(1200, "me", "/copy")) == 1200
    rows = query(address, "select number, token from T order by number")
    assert [number for number, _ in rows] == [0, 1, 2]
    assert len({token for _, token in rows}) == 2
    assert len(ledgers.open(address).ask_many(1200, "other", "/copy")) == 0


def test_who_waits_for_a_lock_gets_it(tmp_path: Path, ledgers: Ledgers) -> None:
    """SQLite gives up after five seconds of its own."""
    address = f"sqlite:///{tmp_path}/studies.db?timeout=0.01"
    ledger = ledgers.create(address, plan_of(2))
    held = sqlite3.connect(tmp_path / "studies.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    waiting = threading.Thread(target=lambda: run(Ledger.open(address, "small")), daemon=True)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    held.execute("ROLLBACK")
    held.close()
    waiting.join(60)
    assert is_whole(ledger, 2)
