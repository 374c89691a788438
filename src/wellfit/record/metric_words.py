"""What words say of a number that is printed beside them; a convention of people, for want of a mechanism."""

import re
from functools import lru_cache

_REMEMBERED = 1024
"""Names; a program prints the same ones again and again."""

_METRICS = re.compile(
    r"""(?x)
    loss(?:es)? | nll | bce | ce | xent | entropy | perplexity | ppl | bpc | bpd | elbo | kld? | divergence
    | acc(?:uracy|uracies)? | err(?:ors?)? | wer | cer | eer
    | mse | rmse | mae | mape | smape | rmsle | r2 | r | f1 | fbeta | precision | prec | recall | specificity
    | sensitivity | auc | auroc | auprc | roc | ap | map | mrr | ndcg | hits? | top[1-9]\d?
    | bleu | rouge | rouge[12l] | meteor | cider | em | mcc | kappa | spearmanr? | pearsonr? | correlation
    | m?iou | jaccard | dice | psnr | ssim | lpips | fid | score | reward | rewards | return | returns | metric
    | concordance | c-?index
    """
)

_LAST_OF_CLOCK = frozenset(
    {"time", "took", "elapsed", "eta", "duration", "seconds", "secs", "sec", "ms", "data", "speed", "throughput", "fps"}
)
"""Last words of names of times and rates; `data` is the time that a loader takes, in the meters of many scripts."""

_LAST_OF_NUMBERED = frozenset({"version", "ver", "python", "torch", "pytorch", "torchvision", "cuda", "cudnn", "numpy"})
"""Last words of what has versions."""

_NO_METRICS = _LAST_OF_CLOCK | _LAST_OF_NUMBERED

LIGHTNING_VERSION = "v_num"
"""Of the folder that it logs to, in its progress bar."""

UNITS = frozenset(
    """s sec secs second seconds ms msec us µs ns min mins minute minutes h hr hrs hour hours day days
    b kb mb gb tb kib mib gib tib bytes k m g it/s s/it hz fps images/s samples/s tokens/s img/s steps/s
    images/sec samples/sec tokens/sec it/sec iter/s batches/s ms/step s/step ms/it s/epoch ms/batch s/batch
    flops gflops mflops""".split()  # noqa: SIM905 - read as one
)
"""Words behind a number that make it a time, a size or a rate."""

_NO_NAMES = frozenset({LIGHTNING_VERSION, *(unit for unit in UNITS if "/" in unit)})

COUNTERS = frozenset(
    """epoch epochs ep step steps iter iters iteration iterations it batch batches global_step round episode fold
    update updates trial""".split()  # noqa: SIM905 - the same
)
"""Words before a number that say where in the training the line stands."""

STOPS = frozenset(
    """the a an with from to by in and or our this your after saved than as that it its only using used uses use
    set reached over under between within while when if each every per via model db""".split()  # noqa: SIM905 - the same
)
"""Words that no name goes beyond, leftwards."""

LINKS = frozenset({"of", "on", "for"})
"""Words that join a metric with what it is of: `accuracy of the network on the test images`."""

COPULAS = frozenset({"is", "was", "are", "of", "at", "now"})
"""Words between a name and its number."""

LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL", "NOTSET"})
"""What loggers begin a line with."""

_PARTS = re.compile(r"[_/.\-@\s^]+|(?<=[a-z])(?=[A-Z])")


def parts_of(name: str) -> list[str]:
    """The words of a name, in small letters.

    Example:
        >>> parts_of("val/topAcc@1")
        ['val', 'top', 'acc', '1']
    """
    return [part.lower() for part in _PARTS.split(name) if part]


@lru_cache(maxsize=_REMEMBERED)
def is_metric(name: str) -> bool:
    """Whether some word of a name is one of a metric.

    Example:
        >>> is_metric("val_loss"), is_metric("Acc@1"), is_metric("batch_size")
        (True, True, False)
    """
    return any(_METRICS.fullmatch(part) for part in parts_of(name))


@lru_cache(maxsize=_REMEMBERED)
def is_of_clock_or_version(name: str) -> bool:
    """Whether a number of this name is a time, a rate or a version."""
    last = parts_of(name)[-1:]
    return name.lower() in _NO_NAMES or not _NO_METRICS.isdisjoint(last)


def is_counter(name: str) -> bool:
    """Whether a number of this name counts how far the training has come."""
    return name.lower() in COUNTERS
