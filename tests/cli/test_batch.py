"""`wellfit batch` as users ask for it: on scripts of their own, which it leaves as they were."""

import pytest

HEAD = """\
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, IterableDataset, RandomSampler, TensorDataset

torch.manual_seed(0)
x = torch.randn(400, 16)
y = (x[:, :3].sum(1) > 0).long()
data = TensorDataset(x, y)
model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)


def train(batches, epochs=20):
    for epoch in range(epochs):
        for rows, labels in batches:
            loss = nn.functional.cross_entropy(model(rows), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            model(x)
        model.train()


"""
PLAIN = HEAD + 'train(DataLoader(data, batch_size=10, shuffle=True))\nopen("out.txt", "w").write("done")\n'

EVALUATION = """\
        model.eval()
        with torch.no_grad():
            model(x)
        model.train()
"""
WIDE = (
    HEAD.replace("torch.randn(400, 16)", "torch.randn(10000, 16)")
    .replace("nn.Linear(16, 32)", "nn.Linear(16, 4096)")
    .replace("nn.Linear(32, 2)", "nn.Linear(4096, 2)")
    .replace(EVALUATION, "")
)
"""Takes much memory for each row; a batch of all rows some 160 MB for each of several tensors."""

STREAM = """\
class Stream(IterableDataset):
    def __iter__(self):
        return iter(zip(x, y))
train(DataLoader(Stream(), batch_size=10))
"""
SAMPLED = "train(DataLoader(data, batch_sampler=BatchSampler(RandomSampler(data), 10, True)))"

REFUSED = {
    "one batch": ("train(DataLoader(data, batch_size=500))", "400 rows of the loader that trains make one batch"),
    "two batches": ("train(DataLoader(data, batch_size=300))", "less than two batches of 300"),
    "no step": ("for rows, labels in DataLoader(data, batch_size=10):\n    model(rows)", "no optimizer stepped"),
    "no loader": ("train([(x[:50], y[:50])])", "no DataLoader feeds the optimizer"),
    "batch sampler": (SAMPLED, "a sampler of whole batches"),
    "stream": (STREAM, "no rows by number"),
    "constant loss": (
        "nn.functional.cross_entropy = lambda a, b: a.sum() * 0 + 3\ntrain(DataLoader(data, batch_size=10))",
        "the loss is 3 at each of 8 steps",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def answered(make_shell, tmp_path_factory):
    """One answer on the plain script, with everything that it wrote."""
    folder = tmp_path_factory.mktemp("work")
    shell = make_shell(folder)
    shell.write("train.py", PLAIN)
    shell.result = shell.run("batch", "-o", "../out.json", "-o", "../out.txt", "-o", "../out.html", "train.py", "--own")
    shell.answer = shell.report("../out.json")
    return shell


def test_largest_size_is_the_whole_data_set(answered):
    assert answered.result.returncode == 0, answered.result.stderr
    fits = answered.answer["fits"]
    assert fits["size"] == 400
    assert fits["evaluated"]
    assert [tried["failed"] for tried in fits["tried"]] == [None]
    assert 0 < fits["peak_bytes"] < fits["limit_bytes"]


def test_loader_is_told(answered):
    loader = answered.answer["loader"]
    assert (loader["batch_size"], loader["rows"], loader["optimizer"], loader["rate"]) == (10, 400, "AdamW", 1e-3)
    assert loader["made_at"]["line"] == PLAIN[: PLAIN.index("train(DataLoader")].count("\n") + 1


def test_sizes_are_timed(answered):
    curve = answered.answer["curve"]
    assert [timed["size"] for timed in curve] == [5, 10, 20, 40, 80, 160, 320]
    assert curve[-1]["examples_per_s"] > 2 * curve[1]["examples_per_s"]


def test_size_that_is_named_ran_and_is_no_smaller(answered):
    answer = answered.answer
    assert answer["size"] in [timed["size"] for timed in answer["curve"]]
    assert 10 <= answer["size"] <= 200
    assert answer["critical"]["size"] > 0
    if answer["moves"] is not None:
        assert answer["moves"]["lr_rule"] == "square root"


def test_terminal_and_file_say_the_same(answered):
    text = answered.result.stdout
    assert text.startswith("batch size ")
    assert "wellfit lr train.py --own" in text
    assert (answered.folder / "../out.txt").read_text(encoding="utf-8") == text


def test_page_stands_by_itself(answered):
    page = (answered.folder / "../out.html").read_text(encoding="utf-8")
    assert page.count("<svg viewBox") >= 2
    assert "http://" not in page
    assert "https://" not in page
    assert "src=" not in page


def test_folder_is_as_it_was(answered):
    assert [path.name for path in answered.folder.iterdir()] == ["train.py"]
    assert (answered.folder / "train.py").read_text() == PLAIN


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_searched_is_one_sentence(shell, case):
    body, words = REFUSED[case]
    shell.write("train.py", HEAD + body + "\n")
    result = shell.run("batch", "train.py")
    assert result.returncode == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not result.stdout
    assert [path.name for path in shell.folder.iterdir()] == ["train.py"]


def test_failing_script_has_its_own_exit_code(shell):
    shell.write("train.py", "raise ValueError('no data')\n")
    result = shell.run("batch", "train.py")
    assert result.returncode == 3
    assert "no data" in result.stderr


@pytest.mark.parametrize(("memory", "words"), [("50MB", "before its first line"), ("much", "no amount of memory")])
def test_memory_that_is_too_little_or_none(shell, memory, words):
    shell.write("train.py", PLAIN)
    result = shell.run("batch", "--memory", memory, "train.py")
    assert result.returncode == 2
    assert words in result.stderr


def test_most_is_kept(shell):
    shell.write("train.py", PLAIN)
    result = shell.run("batch", "--most", "64", "-o", "out.json", "train.py")
    assert result.returncode == 0, result.stderr
    answer = shell.report("out.json")
    assert answer["fits"]["size"] == 64
    assert max(timed["size"] for timed in answer["curve"]) <= 64


def test_memory_limit_is_kept(shell):
    """A batch of all rows does not fit into 450 MB; what is named ran within them."""
    shell.write("train.py", WIDE + "train(DataLoader(data, batch_size=32, shuffle=True))\n")
    result = shell.run("batch", "--memory", "450MB", "-o", "out.json", "train.py")
    assert result.returncode == 0, result.stderr
    fits = shell.report("out.json")["fits"]
    assert 32 < fits["size"] < 10000
    assert fits["peak_bytes"] <= 450e6
    assert fits["size"] in [tried["size"] for tried in fits["tried"] if tried["failed"] is None]
    assert max(tried["peak_bytes"] for tried in fits["tried"]) < 1.1 * 450e6


def test_present_size_that_does_not_fit_is_divided(shell):
    shell.write("train.py", WIDE + "train(DataLoader(data, batch_size=4096, shuffle=True))\n")
    result = shell.run("batch", "--memory", "350MB", "-o", "out.json", "train.py")
    assert result.returncode == 0, result.stderr
    answer = shell.report("out.json")
    assert answer["size"] < 4096
    assert answer["size"] * answer["moves"]["accumulate"] == 4096
    assert answer["moves"]["lr_factor"] == 1


def test_kill_ends_a_run_and_not_the_search(shell):
    """As the system kills what takes too much memory: beyond 100 rows nothing is raised, and nothing is written."""
    killing = "            if len(rows) > 100:\n                os.kill(os.getpid(), 9)\n            loss ="
    shell.write("train.py", "import os\n" + PLAIN.replace("            loss =", killing))
    result = shell.run("batch", "-o", "out.json", "train.py")
    assert result.returncode == 0, result.stderr
    answer = shell.report("out.json")
    assert 97 <= answer["fits"]["size"] <= 100
    assert {tried["failed"] for tried in answer["fits"]["tried"] if tried["size"] > 100} == {"out of memory"}
    assert answer["size"] <= 100


def test_size_that_the_script_counts_on_stays(shell):
    """An error of another kind is no lack of memory: it ends the search, and is told."""
    shell.write("train.py", PLAIN.replace("model(rows)", "model(rows.view(10, 16))"))
    result = shell.run("batch", "-o", "out.json", "train.py")
    assert result.returncode == 0, result.stderr
    answer = shell.report("out.json")
    assert answer["size"] == answer["fits"]["size"] == 10
    assert "failed for another reason than memory" in answer["fits"]["reason"]
    assert "view" in answer["fits"]["reason"] or "shape" in answer["fits"]["reason"]


def test_dropped_last_batch_and_batch_norm_are_seen(shell):
    """With 385 rows a batch of 16 leaves one row, on which batch norm would fail."""
    normed = PLAIN.replace("nn.ReLU()", "nn.BatchNorm1d(32)").replace("torch.randn(400, 16)", "torch.randn(385, 16)")
    shell.write("train.py", normed.replace("batch_size=10", "batch_size=16, drop_last=True"))
    result = shell.run("batch", "-o", "out.json", "train.py")
    assert result.returncode == 0, result.stderr
    answer = shell.report("out.json")
    assert answer["loader"]["batch_norm"]
    assert answer["loader"]["drop_last"]
    assert answer["moves"] is None or answer["moves"]["remainder"] == 0


def test_help_shows_examples_and_exit_codes(shell):
    result = shell.run("batch", "--help")
    assert result.returncode == 0
    assert "wellfit batch --memory 2GB train.py" in result.stdout
    assert "3 the script itself failed" in result.stdout
