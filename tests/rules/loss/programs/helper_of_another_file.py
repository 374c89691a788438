"""Not a training program: what `softmax_in_another_file.py` imports."""

from torch.nn import functional as F


def probabilities(scores):
    return F.softmax(scores, dim=-1)  # wellfit: WF101
