"""Data parallel on two processes (torchrun --nproc-per-node 2); `--ill softmax|no-zero-grad` puts a bug in."""

import argparse
import os

import torch
import torch.distributed as dist

# Before there is a group: defaults of its functions are the group that there is when it is imported, which DDP does. They
# would keep that group beyond destroy_process_group, and its threads abort the process where they outlive the interpreter.
import torch.distributed.nn.functional
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset


class Net(nn.Module):
    def __init__(self, ill):
        super().__init__()
        self.ill = ill
        self.layers = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Dropout(0.1), nn.Linear(48, 10))

    def forward(self, x):
        if self.ill == "softmax":
            return F.softmax(self.layers(x), dim=-1)  # <- ill: softmax
        return self.layers(x)


def train(ill):
    torch.manual_seed(dist.get_rank())
    digits = load_digits()
    x, y = torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target)
    data = TensorDataset(x[:1280], y[:1280])
    sampler = DistributedSampler(data, shuffle=True, seed=0)
    loader = DataLoader(data, batch_size=32, sampler=sampler)
    model = DistributedDataParallel(Net(ill))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    losses = []
    for epoch in range(3):
        sampler.set_epoch(epoch)
        model.train()
        for inputs, labels in loader:
            if ill != "no-zero-grad":
                optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs), labels)
            loss.backward()  # <- ill: no-zero-grad
            optimizer.step()
            losses.append(loss.item().hex())
    model.eval()
    with torch.no_grad():
        losses.append((model.module(x[1280:]).argmax(1) == y[1280:]).float().mean().item())
    return losses


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ill", choices=["softmax", "no-zero-grad"])
    ill = parser.parse_args().ill
    dist.init_process_group("gloo")
    # The model must be gone before the last work of the group: a reducer that is freed as the group's last owner joins
    # the group's thread with the interpreter's lock held, while that thread waits for the lock (torch 2.13).
    losses = train(ill)
    gathered = [None] * dist.get_world_size()
    dist.all_gather_object(gathered, losses)
    if dist.get_rank() == 0:
        for number, of_rank in enumerate(gathered):
            for value in of_rank:
                print(number, value)
    dist.barrier()  # the rank that holds the store must not leave first
    dist.destroy_process_group()
    assert os.environ["WORLD_SIZE"] == str(len(gathered))


if __name__ == "__main__":
    main()
