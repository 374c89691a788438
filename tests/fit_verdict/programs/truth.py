"""The fit computed by hand from the weights as they stand, past every seam: `forward` is called directly."""

import json

import torch


def tell(model, step, train, validation, score):
    """Print both scores after so many steps as a line of JSON."""
    modes = [(m, m.training) for m in model.modules()]
    for m, _ in modes:
        m.training = False
    with torch.no_grad():
        scores = [score(model.forward(x), y) for x, y in (train, validation)]
    for m, mode in modes:
        m.training = mode
    print(json.dumps({"step": step, "train": scores[0], "validation": scores[1]}))


def accuracy(answers, targets):
    return (answers.argmax(1) == targets).float().mean().item()


def accuracy_of_yes(answers, targets):
    return ((answers.reshape(-1) > 0) == (targets.reshape(-1) > 0.5)).float().mean().item()


def r_squared(answers, targets):
    return (
        1 - (((answers.reshape(-1) - targets.reshape(-1)) ** 2).sum() / ((targets - targets.mean()) ** 2).sum()).item()
    )


def cross_entropy(answers, targets):
    return torch.nn.functional.cross_entropy(answers.reshape(-1, answers.shape[-1]), targets.reshape(-1)).item()
