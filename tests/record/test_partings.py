"""Where two traced runs part, from events written by hand."""

from wellfit.keep.bisection.trace import Traced, agrees_at, part
from wellfit.keep.bisection.words import came_by, edit_of
from wellfit.model.events.retrace import OperationTraced, SourceRead
from wellfit.model.place import Place

LINE = Place("train.py", 7, "<module>")


def operation(name, inputs, outputs, *, draws=False, process="", worker=-1):
    return OperationTraced(f"aten.{name}.default", draws, inputs, outputs, "", LINE, process, worker)


def read(kind, function, value, process="", worker=-1):
    return SourceRead(kind, function, value, f"{process}|{function}|train.py:7|1", LINE, True, process, worker)


def traced(*events, **forked):
    return Traced(None, processes={"": events, **{name[1:]: found for name, found in forked.items()}})


MM, ADD = operation("mm", "a", "b"), operation("add", "b", "c")


def test_equal_runs_do_not_part():
    assert part(traced(MM, ADD), traced(MM, ADD)) is None


def test_other_inputs_after_equal_results_came_from_outside():
    found = part(traced(MM, ADD), traced(MM, operation("add", "x", "y")))
    assert (found.kind, found.index) == ("given", 1)


def test_a_generator_in_another_state_is_told_from_inputs():
    found = part(traced(operation("randn", "s", "1", draws=True)), traced(operation("randn", "t", "2", draws=True)))
    assert found.kind == "drawn"


def test_equal_inputs_with_other_results_are_the_operation_itself():
    found = part(traced(MM, ADD), traced(operation("mm", "a", "z"), operation("add", "z", "y")))
    assert (found.kind, found.index) == ("computed", 0)


def test_a_result_that_nobody_reads_parts_nothing():
    assert part(traced(MM, ADD), traced(operation("mm", "a", "z"), ADD)) is None


def test_another_operation_is_another_way_of_the_program():
    assert part(traced(MM), traced(ADD)).kind == "another"


def test_what_comes_in_from_a_worker_is_sought_there_in_the_order_of_workers():
    mine = {f"_{n}": (operation("stack", "a", "a", process=n, worker=int(n)),) for n in ("2", "10")}
    its = {f"_{n}": (operation("stack", n, n, process=n, worker=int(n)),) for n in ("2", "10")}
    found = part(traced(MM, ADD, **mine), traced(MM, operation("add", "x", "y"), **its))
    assert found.process == "2"


def test_sources_count_that_differ_and_were_read_before():
    seed, late = read("seed", "torch.manual_seed", "1"), read("system", "os.urandom", "b'1'")
    again, later = read("seed", "torch.manual_seed", "2"), read("system", "os.urandom", "b'2'")
    drawn = operation("randn", "s", "1", draws=True), operation("randn", "t", "2", draws=True)
    found = part(traced(seed, drawn[0], late), traced(again, drawn[1], later))
    assert found.sources == ((seed, again),)
    assert came_by(seed, again) == "torch.manual_seed at train.py:7 got 1, then 2"


def test_runs_agree_at_a_place_where_both_have_come_to_it_and_part_later():
    parting = part(traced(MM, ADD), traced(operation("mm", "x", "z"), ADD))
    assert agrees_at(parting, traced(MM, ADD), traced(MM, operation("add", "x", "y")))
    assert not agrees_at(parting, traced(MM, ADD), traced())


def test_a_fixed_seed_in_a_loop_or_a_worker_is_not_advised():
    assert edit_of(read("seed", "np.random.seed", "1"), often=False) == "train.py:7: np.random.seed(0)"
    assert "once before the loop" in edit_of(read("seed", "torch.manual_seed", "1"), often=True)
    drawn = read("system", "np.random.default_rng", "1", "1", 0)
    assert edit_of(drawn, often=False) == "train.py:7: np.random.default_rng(torch.initial_seed())"
    assert "in worker_init_fn" in edit_of(drawn, often=True)
