"""Who waits on a study says so, and for what; and goes once all have ended."""

from pathlib import Path
from types import SimpleNamespace

from studies import Ledgers, plan_of

from wellfit.model.study import TrialTold
from wellfit.tune.places.quiet import FIRST_S, LATER_S, Quiet
from wellfit.tune.places.work import work
from wellfit.tune.study.address import worker_command


def test_a_worker_without_an_open_setting_waits_for_those_of_others(tmp_path: Path, ledgers: Ledgers) -> None:
    place = str(tmp_path / "study")
    other, mine = ledgers.create(place, plan_of(2)), ledgers.open(place, stream=1)
    taken = other.ask_many(2, "other", "/copy")
    said: list[int] = []

    def tell(_: object) -> None:
        if len(said) == 1 and not mine.is_over():
            other.tell_many({setting.slot: TrialTold("done", 1.0) for setting in taken})

    stage = SimpleNamespace(folder=tmp_path)
    done = work(mine, stage, "me", tell=tell, wait=lambda: said.append(mine.at_work))  # type: ignore[arg-type]
    assert done == 0
    assert said == [2], "said once, with how many it waits for"
    assert mine.is_over()


def test_quiet_is_told_after_a_while_and_then_rarely() -> None:
    now, said = [0.0], list[tuple[float, str]]()
    quiet = Quiet(lambda sentence: said.append((now[0], sentence)), "wellfit worker /s", lambda: now[0])
    for second in range(2_000):
        now[0] = float(second)
        quiet.look(0, 1)
    assert [at for at, _ in said] == [FIRST_S, FIRST_S + LATER_S, FIRST_S + 2 * LATER_S, FIRST_S + 3 * LATER_S]
    assert said[0][1].startswith("no worker has been at a trial for 30 s; start one: wellfit worker /s")


def test_nothing_is_told_while_somebody_works() -> None:
    now, said = [0.0], list[str]()
    quiet = Quiet(said.append, "wellfit worker /s", lambda: now[0])
    for second in range(0, 2_000, 10):
        now[0] = float(second)
        quiet.look(second // 10 % 2, second // 20)
    assert not said


def test_the_command_of_a_worker_can_be_typed_and_shows_no_password() -> None:
    assert worker_command("/a b/s", "s") == "wellfit worker '/a b/s'"
    assert worker_command("postgresql://me@host/db", "my study") == (
        "wellfit worker postgresql://me@host/db --name 'my study'"
    )
    hidden = worker_command("postgresql://me:secret@host/db", "s")
    assert "secret" not in hidden
    assert "WELLFIT_STUDY" in hidden
