import random

import numpy as np
import torch
from ending import print_everything
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Noisy(Dataset):
    """Draws in the workers from all three generators."""

    def __len__(self) -> int:
        return 160

    def __getitem__(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        noise = torch.randn(6) + 0.1 * random.random() + 0.1 * float(np.random.default_rng(i).random())
        return noise + i % 3, torch.tensor(i % 3)


def main() -> None:
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    loader = DataLoader(Noisy(), batch_size=16, shuffle=True, num_workers=2)
    for _ in range(4):
        for inputs, labels in loader:
            loss = nn.functional.cross_entropy(model(inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            print(loss.item().hex(), inputs.double().sum().item().hex())
    print_everything(model, optimizer)


if __name__ == "__main__":
    main()
