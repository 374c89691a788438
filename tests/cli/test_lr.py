"""`wellfit lr` on real scripts: a rate with its interval, or a reason, and nothing of the user's changed."""

import re

import pytest

DATA = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1200], y[:1200]), batch_size=40, shuffle=True)
net = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10))
"""
ADAM = "opt = torch.optim.Adam(net.parameters(), lr=1e-5)\n"
LOOP = """
for epoch in range(6):
    for a, b in loader:
        loss = F.cross_entropy(net(a), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
"""
WHOLE = (
    DATA
    + """
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1e-4, total_steps=8 * len(loader))
for epoch in range(8):
    for a, b in loader:
        loss = F.cross_entropy(net(a), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
    torch.save(net.state_dict(), "weights.pt")
    print("epoch", epoch)
"""
)
WRITTEN = ("lr.html", "lr.png", "lr.svg", "lr.json", "lr.txt")


@pytest.fixture(scope="module")
def whole(make_shell, tmp_path_factory):
    """One search with everything that it wrote."""
    shell = make_shell(tmp_path_factory.mktemp("whole"))
    shell.write("train.py", WHOLE)
    outs = [word for name in WRITTEN for word in ("-o", name)]
    shell.result = shell.run("lr", *outs, "train.py")
    return shell


def rate_in(stdout: str) -> float:
    return float(re.match(r"learning rate (\S+)", stdout)[1])


def test_it_finds_a_rate_for_the_peak_of_the_schedule(whole):
    assert whole.result.returncode == 0, whole.result.stderr
    found = whole.report("lr.json")
    assert found["verdict"] == "ok"
    assert found["present"] == 1e-4
    assert 3e-3 < found["rate"] < 0.3
    low, high = found["interval"]
    assert low < found["rate"] < high
    assert found["present_excess"] > 0.2


def test_it_takes_no_more_steps_than_the_run_that_the_script_shows(whole):
    found = whole.report("lr.json")
    assert found["planned"] == 240
    assert found["planned_known"]
    assert found["steps"] <= 240


def test_it_judges_on_rows_that_it_held_back(whole):
    assert whole.report("lr.json")["judged_on"].startswith("240 of 1,200 training rows")


def test_few_rows_are_held_back_in_turn_by_the_longest_runs_alone(shell):
    shell.write("train.py", (DATA + ADAM + LOOP).replace("1200", "240").replace("range(6)", "range(20)"))
    ended = shell.run("lr", "-o", "lr.json", "train.py")
    assert ended.returncode == 0, ended.stderr
    found = shell.report("lr.json")
    longest = max(leg["steps"] for leg in found["raced"])
    assert len(found["repeats"]) == 3
    assert sum(leg["steps"] == longest for leg in found["raced"]) == 3 * 3
    assert found["judged_on"].startswith("48 of 240 training rows")
    assert "48 held rows are few" in ended.stdout
    assert "each on other batches" in ended.stdout


def test_it_leaves_the_folder_as_it_was(whole):
    assert sorted(p.name for p in whole.folder.iterdir()) == sorted(["train.py", *WRITTEN])
    assert (whole.folder / "train.py").read_text() == WHOLE


def test_the_answer_alone_stands_on_standard_output(whole):
    assert rate_in(whole.result.stdout) == float(f"{whole.report('lr.json')['rate']:.2g}")
    assert "epoch" not in whole.result.stdout
    assert "AdamW at train.py:14, at the peak of OneCycleLR" in whole.result.stdout


def test_the_page_stands_by_itself(whole):
    page = (whole.folder / "lr.html").read_text()
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<circle") >= 11


def test_pictures_are_pictures(whole):
    assert (whole.folder / "lr.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (whole.folder / "lr.svg").read_bytes()


def test_the_same_search_finds_the_same_rate(whole):
    assert whole.run("lr", "train.py").stdout.splitlines()[0] == whole.result.stdout.splitlines()[0]


def test_apply_writes_the_peak_where_the_schedule_has_it(shell):
    shell.write("train.py", WHOLE)
    result = shell.run("lr", "--apply", "--budget-steps", "80", "train.py")
    assert result.returncode == 0, result.stderr
    written = (shell.folder / "train.py").read_text()
    assert f"max_lr={rate_in(result.stdout):g}" in written
    assert written == WHOLE.replace("max_lr=1e-4", f"max_lr={rate_in(result.stdout):g}")


def test_rates_of_groups_keep_their_ratio_when_written(shell):
    groups = '[{"params": net[0].parameters(), "lr": 1e-4}, {"params": net[3].parameters(), "lr": 1e-3}], momentum=0.9'
    shell.write("train.py", f"{DATA}opt = torch.optim.SGD({groups})\n{LOOP}")
    result = shell.run("lr", "--apply", "--budget-steps", "80", "train.py")
    assert result.returncode == 0, result.stderr
    low, high = map(float, re.findall(r'"lr": ([\d.e-]+)', (shell.folder / "train.py").read_text()))
    assert high > 1e-3
    assert high / low == pytest.approx(10, rel=0.1)


def test_apply_refuses_what_it_cannot_write_and_says_the_rate(shell):
    script = "import sys\nrate = float(sys.argv[1])\n" + DATA + ADAM.replace("1e-5", "rate") + LOOP
    shell.write("train.py", script)
    result = shell.run("lr", "--apply", "--budget-steps", "80", "train.py", "1e-5")
    assert result.returncode == 2
    assert "nothing was written, since the rate is not written as a number but as `rate`" in result.stderr
    assert f"set the rate to {rate_in(result.stdout):.2g}" in result.stderr
    assert (shell.folder / "train.py").read_text() == script


REFUSED = {
    "never steps": (ADAM + LOOP.replace("opt.step()", "pass"), 2, "no optimizer stepped"),
    "constant loss": (ADAM + LOOP.replace("F.cross_entropy(net(a), b)", "(0 * net(a)).sum() + 1"), 2, "held-out loss"),
    "not finite": (ADAM + LOOP.replace("net(a), b", "net(a) / 0, b"), 2, "nan at the first step"),
    "rate of zero": (ADAM.replace("1e-5", "0.0") + LOOP, 2, "learning rate of Adam is 0"),
    "too few steps": (ADAM + LOOP, 2, "of 64 that it takes"),
    "one batch": (ADAM + "loader = DataLoader(loader.dataset, batch_size=5000)\n" + LOOP, 2, "make one batch"),
    "fails": (ADAM + "raise ValueError('no data')\n" + LOOP, 3, "ValueError: no data"),
    "trains nothing": ("", 2, "no optimizer stepped"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_without_a_rate_it_says_why_and_writes_nothing(name, shell):
    rest, code, words = REFUSED[name]
    script = DATA + rest
    shell.write("train.py", script)
    budget = "40" if name == "too few steps" else "80"
    result = shell.run("lr", "--apply", "--budget-steps", budget, "train.py")
    assert result.returncode == code, result.stderr
    assert words in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    assert (shell.folder / "train.py").read_text() == script


def test_negative_losses_and_several_optimizers_are_searched(shell):
    rest = (
        "opt = torch.optim.Adam(net[:2].parameters(), lr=1e-5)\nlast = torch.optim.SGD(net[3].parameters(), lr=1e-4)\n"
    )
    loop = LOOP.replace("F.cross_entropy(net(a), b)", "-F.softmax(net(a), 1).gather(1, b[:, None]).mean()")
    loop = loop.replace("opt.step()", "opt.step()\n        last.step()").replace("opt.zero_grad", "net.zero_grad")
    shell.write("train.py", DATA + rest + loop)
    result = shell.run("lr", "-o", "lr.json", "--budget-steps", "80", "train.py")
    assert result.returncode == 0, result.stderr
    found = shell.report("lr.json")
    assert [o["kind"] for o in found["optimizers"]] == ["Adam", "SGD"]
    assert [o["found"][0] / o["peaks"][0] for o in found["optimizers"]] == pytest.approx([found["multiplier"]] * 2)
    assert min(point["loss"] for point in found["raced"]) < -0.2


def test_rates_that_the_script_sets_itself_are_told_and_not_written(shell):
    loop = LOOP.replace("opt.step()", 'opt.param_groups[0]["lr"] += 2e-7\n        opt.step()')
    shell.write("train.py", DATA + ADAM + loop)
    result = shell.run("lr", "--apply", "--budget-steps", "80", "train.py")
    assert result.returncode == 2
    assert "the rate found is for a constant one" in result.stdout
    assert "the script sets its rates itself" in result.stderr


def test_batches_that_come_from_no_loader_are_searched_and_it_is_said(shell):
    loop = LOOP.replace("for a, b in loader:", "for a, b in zip(x[:1200].split(40), y[:1200].split(40)):")
    shell.write("train.py", DATA + ADAM + loop)
    result = shell.run("lr", "--planned", "180", "--budget-steps", "80", "train.py")
    assert result.returncode == 0, result.stderr
    assert "the batches come from no DataLoader" in " ".join(result.stdout.split())


def test_all_mistakes_of_a_call_come_at_once(shell):
    result = shell.run("lr", "--force", "-o", "lr.pdf", "none.py")
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 3


def test_help_shows_examples_and_exit_codes(shell):
    result = shell.run("lr", "--help")
    assert result.returncode == 0
    assert "wellfit lr --apply train.py" in result.stdout
    assert "Exit codes: 0 found" in result.stdout
