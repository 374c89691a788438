"""How often is weight decay given to the wrong tensor: by the rule of Hugging Face's Trainer, and by ours.

Every architecture that transformers' AutoModel can build from its default configuration is built on the meta device,
which has shapes and no memory. The truth is told without our rule: a vector, and whatever a class called norm owns,
must not decay; the weight of a Linear, a Conv, an RNN or GPT-2's Conv1D must. Embedding tables and bare parameters of
two dimensions and more are contested: practice differs, so they are counted apart and nobody is wrong about them.

    python benchmarks/param_groups.py                    # all of them, in processes of 25; half an hour on one core
    python benchmarks/param_groups.py vit resnet mamba   # these
"""

import argparse
import json
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime, timezone

CHUNK = 25
LIMIT_S = 100
"""CPU time for one architecture: wall time would refuse some on a busy machine."""
SHOWN = 30
CLEAR = ("decay", "spare")
WEIGHERS = ("Linear", "Bilinear", "_ConvNd", "Conv1D", "MultiheadAttention")


def wanted(names: list[str]) -> list[tuple[str, str]]:
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

    pairs = []
    for kind, listed in MODEL_MAPPING_NAMES.items():
        classes = (listed,) if isinstance(listed, str) else listed
        pairs += [(kind, name) for name in dict.fromkeys(classes) if not names or kind in names]
    return pairs


def build(kind: str, name: str):
    import torch
    import transformers

    config = transformers.AutoConfig.for_model(kind)
    with torch.device("meta"):
        return getattr(transformers, name)(config)


def truth(p, owner, leaf: str) -> str:
    """decay or spare; table or bare where it is contested."""
    bases = {base.__name__ for base in type(owner).__mro__}
    if p.dim() <= 1:
        return "spare"
    if bases & {"Embedding", "EmbeddingBag"}:
        return "table"
    if "norm" in type(owner).__name__.lower():
        return "spare"
    recurrent = bases & {"RNNBase", "RNNCellBase"} and leaf.startswith("weight_")
    weighs = bases & set(WEIGHERS) and (leaf == "weight" or leaf.endswith("proj_weight"))
    return "decay" if recurrent or weighs else "bare"


def judge(kind: str, name: str) -> dict:
    from transformers import Trainer

    from wellfit.regularize.weights.weight_decay.groups import param_groups

    model = build(kind, name)
    theirs = set(Trainer.get_decay_parameter_names(None, model))
    ours = {p for g in param_groups(model, 1e-3, 0.1) for p in g["params"] if g["weight_decay"]}
    rows = Counter()
    examples = {}
    for path, p in model.named_parameters():
        if not p.requires_grad:
            continue
        parent, _, leaf = path.rpartition(".")
        owner = model.get_submodule(parent)
        what = truth(p, owner, leaf)
        row = (type(owner).__name__, min(p.dim(), 2), what, path in theirs, p in ours)
        rows[row] += 1
        examples.setdefault(row, f"{kind}: {path}")
    return {"kind": kind, "name": name, "rows": [[*row, n, examples[row]] for row, n in rows.items()]}


def run_chunk(pairs: list[str]) -> None:
    """In a process of its own: one line of JSON for each architecture, as soon as it is known."""

    def stop(*_):
        raise TimeoutError(f"longer than {LIMIT_S} s of CPU time")

    signal.signal(signal.SIGPROF, stop)
    for pair in pairs:
        kind, name = pair.split("=")
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        try:
            result = judge(kind, name)
        except Exception as error:  # noqa: BLE001 - any architecture may refuse in any way; the reason is printed
            result = {
                "kind": kind,
                "name": name,
                "refused": f"{type(error).__name__}: {' '.join(str(error).split())}"[:160],
            }
        signal.setitimer(signal.ITIMER_PROF, 0)
        print("RESULT " + json.dumps(result), flush=True)


def collect(pairs: list[tuple[str, str]]):
    """Results of all; an architecture that kills its process is named, and the others go on without it."""
    left = [f"{kind}={name}" for kind, name in pairs]
    while left:
        chunk, left = left[:CHUNK], left[CHUNK:]
        command = [sys.executable, __file__, "--chunk", *chunk]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        results = [json.loads(x[7:]) for x in done.stdout.splitlines() if x.startswith("RESULT ")]
        yield from results
        if len(results) < len(chunk):
            kind, name = chunk[len(results)].split("=")
            yield {"kind": kind, "name": name, "refused": f"the process ended with {done.returncode}"}
            left = chunk[len(results) + 1 :] + left
        print(f"{len(left)} left", file=sys.stderr, flush=True)


def show(results: list[dict]) -> None:
    import torch
    import transformers

    built = [r for r in results if "rows" in r]
    refused = [r for r in results if "refused" in r]
    print(f"{datetime.now(timezone.utc):%Y-%m-%d}, transformers {transformers.__version__}, torch {torch.__version__}")
    print(f"{len(built)} architectures built, {len(refused)} refused\n")
    show_totals(built)
    show_disagreements(built)
    show_contested(built)
    print("\nRefused, by reason:\n")
    reasons = defaultdict(list)
    for r in refused:
        reasons[r["refused"][:90]].append(r["name"])
    for reason, names in sorted(reasons.items(), key=lambda item: -len(item[1])):
        print(f"- {len(names)}: {reason} ({', '.join(names[:3])})")


def wrong(row: list, answer: int) -> bool:
    return row[2] in CLEAR and row[answer] != (row[2] == "decay")


def show_totals(built: list[dict]) -> None:
    tensors = sum(row[5] for r in built for row in r["rows"] if row[2] in CLEAR)
    print("| rule | wrong tensors | of | decays a vector or gain | spares a matrix | architectures with a mistake |")
    print("|---|---|---|---|---|---|")
    for rule, answer in (("Hugging Face", 3), ("wellfit", 4)):
        bad = [(r["name"], row) for r in built for row in r["rows"] if wrong(row, answer)]
        gains = sum(row[5] for _, row in bad if row[2] == "spare")
        matrices = sum(row[5] for _, row in bad if row[2] == "decay")
        names = {name for name, _ in bad}
        share = f"{len(names)} of {len(built)}"
        print(f"| {rule} | {gains + matrices:,} | {tensors:,} | {gains:,} | {matrices:,} | {share} |")


def show_disagreements(built: list[dict]) -> None:
    classes = defaultdict(lambda: [0, set(), ""])
    for r in built:
        for row in r["rows"]:
            for rule, answer in (("Hugging Face", 3), ("wellfit", 4)):
                if wrong(row, answer):
                    entry = classes[rule, row[0], "decays it" if row[answer] else "spares it"]
                    entry[0] += row[5]
                    entry[1].add(r["name"])
                    entry[2] = entry[2] or row[6]
    print("\n| rule | owner's class | mistake | tensors | architectures | for example |\n|---|---|---|---|---|---|")
    for rule in ("Hugging Face", "wellfit"):
        found = sorted(
            ((n, key, names, text) for key, (n, names, text) in classes.items() if key[0] == rule), reverse=True
        )
        for n, (_, owner, mistake), names, example in found[:SHOWN]:
            print(f"| {rule} | {owner} | {mistake} | {n:,} | {len(names)} | `{example}` |")
        rest = found[SHOWN:]
        if rest:
            print(f"| {rule} | {len(rest)} more | | {sum(row[0] for row in rest):,} | | |")


def show_contested(built: list[dict]) -> None:
    seen = Counter()
    for r in built:
        for row in r["rows"]:
            if row[2] not in CLEAR:
                seen[row[2], row[3], row[4]] += row[5]
    print("\n| contested tensors | Hugging Face | wellfit | tensors |\n|---|---|---|---|")
    words = {True: "decays", False: "spares"}
    for (what, theirs, ours), n in sorted(seen.items()):
        print(f"| {what} | {words[theirs]} | {words[ours]} | {n:,} |")
    split = Counter()
    examples = {}
    for r in built:
        for row in r["rows"]:
            if row[2] not in CLEAR and row[3] != row[4]:
                split[row[0], words[row[4]]] += row[5]
                examples.setdefault((row[0], words[row[4]]), row[6])
    print("\n| contested, answered differently: owner's class | wellfit | tensors | for example |\n|---|---|---|---|")
    for key, n in split.most_common(SHOWN):
        print(f"| {key[0]} | {key[1]} it | {n:,} | `{examples[key]}` |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", help="model types; all where none are named")
    parser.add_argument("--chunk", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.chunk:
        run_chunk(asked.chunk)
    else:
        show(list(collect(wanted(asked.kinds))))


if __name__ == "__main__":
    main()
