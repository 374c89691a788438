"""Prints everything that a watcher could have moved."""

import hashlib
import random

import numpy as np
import torch


def digest(*tensors: torch.Tensor) -> str:
    joined = hashlib.sha256()
    for tensor in tensors:
        joined.update(tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return joined.hexdigest()


def print_everything(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    for name, parameter in model.named_parameters():
        grad = "none" if parameter.grad is None else digest(parameter.grad)
        print(name, digest(parameter), "gradient", grad, "version", parameter._version)
    for name, buffer in model.named_buffers():
        print(name, digest(buffer), "version", buffer._version)
    for number, state in optimizer.state_dict()["state"].items():
        print("state", number, [digest(v) for v in state.values() if torch.is_tensor(v)])
    print("modes", [m.training for m in model.modules()])
    print("torch", digest(torch.get_rng_state()))
    print("numpy", hashlib.sha256(np.random.get_state()[1].tobytes()).hexdigest())
    print("python", hashlib.sha256(repr(random.getstate()).encode()).hexdigest())
