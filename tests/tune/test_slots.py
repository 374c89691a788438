"""Whatever two workers do in turn, and wherever one of them is killed, each slot ends once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from wellfit.model.study import FINAL, TrialSeen
from wellfit.tune.study.slots import Book, Opening, ended_by, opening_of

SLOTS, RETRIES = 3, 100


@dataclass
class Store:
    """What the storage promises: one write after the other, and no change to a trial that has ended."""

    trials: list[TrialSeen] = field(default_factory=list)

    def begin(self, opening: Opening, worker: str) -> int:
        self.trials.append(
            TrialSeen(len(self.trials), opening.slot, opening.attempt, None, runs=True, values={}, worker=worker)
        )
        return len(self.trials) - 1

    def note_end(self, number: int, end: str) -> None:
        if self.trials[number].runs:
            self.trials[number] = replace(self.trials[number], end=end)

    def close(self, number: int) -> None:
        """A state of its own, with the end that was noted, or none."""
        if self.trials[number].runs:
            self.trials[number] = replace(self.trials[number], runs=False, end=self.trials[number].end or "dead")

    def book(self) -> Book:
        book = Book(RETRIES)
        for trial in self.trials:
            book.put(trial)
        return book


def work(store: Store, name: str, gone: set[str]) -> Iterator[None]:
    """A worker that may be killed wherever it yields: between any two writes."""
    while True:
        book = store.book()
        yield
        for trial in list(book.running.values()):
            if trial.worker in gone:
                store.close(trial.number)
                yield
        opening = next(store.book().openings(SLOTS), None)
        if opening is None:
            if store.book().is_over(SLOTS):
                return
            yield
            continue
        number = store.begin(opening, name)  # nobody else writes between the look and this: the lock
        yield
        store.note_end(number, "done")
        yield
        store.close(number)
        yield


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 11).map(lambda n: n == 0)), max_size=200), st.booleans())
def test_each_slot_ends_once_in_any_order_and_with_kills_anywhere(turns: list[tuple[int, bool]], hasty: bool) -> None:
    store, gone, born = Store(), set[str](), 0

    def new() -> tuple[str, Iterator[None]]:
        nonlocal born
        born += 1
        return str(born), work(store, str(born), gone)

    workers = [new(), new()]
    for which, is_killed in turns:
        name, steps = workers[which]
        if is_killed:
            gone.add(name)
            workers[which] = new()
        elif hasty and which == 1:
            gone.add(workers[0][0])  # it seems to be gone, and is only slow
        next(steps, None)
    gone.update(name for name, _ in workers)
    for _ in new()[1]:
        pass
    ends = Counter(trial.slot for trial in store.trials if trial.end in FINAL)
    assert ends == Counter(range(SLOTS))


def trial(number: int, attempt: int = 0, end: str | None = None) -> TrialSeen:
    return TrialSeen(number, 0, attempt, end, runs=end is None, values={})  # type: ignore[arg-type]


def test_a_slot_is_begun_again_behind_its_latest_attempt() -> None:
    dead = [trial(0, 0, "dead"), trial(4, 1, "dead")]
    assert opening_of(0, dead, retries=3) == Opening(0, 2, dead[1])
    assert opening_of(0, [*dead, trial(5, 2)], retries=3) is None


def test_a_slot_is_given_up_behind_so_many_attempts() -> None:
    attempts = [trial(n, n, "dead") for n in range(4)]
    assert opening_of(0, attempts, retries=3) is None
    assert ended_by(attempts, retries=3) == attempts[3]
    assert ended_by(attempts[:3], retries=3) is None


def test_of_two_that_began_the_same_neither_is_begun_again() -> None:
    """As where an older wellfit has written, which had no lock in a database: the second ended as surplus."""
    book = Book(3)
    book.put(trial(3))
    book.put(trial(4, 0, "surplus"))
    assert [opening.slot for opening in book.openings(2)] == [1]
    book.put(trial(3, 0, "done"))
    assert [t.number for t in book.ended()] == [3]


def test_what_others_waits_for_nobody_of_ours_blocks_no_slot() -> None:
    book = Book(3)
    book.put(replace(trial(0), runs=False))  # waits, as another program plans trials
    book.put(replace(trial(1), slot=-1))
    assert [opening.slot for opening in book.openings(2)] == [0, 1]


@given(st.permutations(range(6)))
def test_what_is_seen_in_another_order_comes_to_the_same(order: list[int]) -> None:
    trials = [trial(0, 0, "dead"), trial(1, 1, "done"), *(replace(trial(n, 0, "pruned"), slot=n) for n in range(2, 6))]
    book = Book(3)
    for number in order:
        book.put(trials[number])
    assert [t.number for t in book.ended()] == [1, 2, 3, 4, 5]
