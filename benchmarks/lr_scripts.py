"""`wellfit lr` on scripts, held against what each rate really leads to: how far from the best, at what cost.

python benchmarks/lr_scripts.py --truth truth.json                    # every pair of lr_tasks.py as a script
python benchmarks/lr_scripts.py --truth truth.json --pairs "gru"      # those whose name contains this

The truth is made where it is missing, which takes hours; `lr_finders.py` shares it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from lr_tasks import pairs
from lr_truth import Truth

SCRIPT = """\
import torch
from lr_tasks import OPTIMIZERS, loss, pairs, split
from torch.utils.data import DataLoader, TensorDataset

pair = next(p for p in pairs() if p.name == {name!r})
rows, held = split(pair.task)
torch.manual_seed({seed})
loader = DataLoader(TensorDataset(*rows), batch_size=pair.task.batch, shuffle=True, drop_last=True)
model = pair.task.model()
optimizer = OPTIMIZERS[pair.optimizer](model.parameters(), 1e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, pair.task.steps)
done = 0
while done < pair.task.steps:
    for inputs, targets in loader:
        value = loss(model(inputs), targets)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
        done += 1
        if done == pair.task.steps:
            break
"""


def found(name: str, seed: int) -> dict[str, object]:
    """What `wellfit lr` says of the pair's script."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "train.py").write_text(SCRIPT.format(name=name, seed=seed))
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"}
        words = [sys.executable, "-m", "wellfit", "lr", "-o", "lr.json", "train.py"]
        ended = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        file = Path(folder, "lr.json")
        return json.loads(file.read_text()) if file.exists() else {"rate": None, "reason": ended.stderr.strip()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--pairs", default="")
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    truth, excesses, costs = Truth(asked.truth), [], []
    print("| pair | best rate | wellfit lr | excess | steps, in trainings | seconds |\n|---|---|---|---|---|---|")
    for pair in (p for p in pairs() if asked.pairs in p.name):
        for seed in range(asked.seeds):
            answer = found(pair.name, seed)
            if answer["rate"] is None:
                print(f"| {pair.name} | {truth.best(pair)[0]:.2g} | none: {answer['reason']} | | | |", flush=True)
                continue
            excesses.append(truth.excess(pair, answer["rate"]))
            costs.append(answer["steps"] / pair.task.steps)
            told = f"{truth.best(pair)[0]:.2g} | {answer['rate']:.2g} | {excesses[-1]:.0%}"
            print(f"| {pair.name} | {told} | {costs[-1]:.2f} | {answer['seconds']:.0f} |", flush=True)
    print(
        f"\nmedian excess {statistics.median(excesses):.0%}, worst {max(excesses):.0%}, {statistics.median(costs):.2f}"
    )


if __name__ == "__main__":
    main()
