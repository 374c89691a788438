"""A small student learns from a large teacher's softened probabilities as well as from the labels."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim

TEMPERATURE = 3.0


def mlp(width):
    return nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, 10))


def loop(model, loss_of, x, y, steps, lr):
    optimizer = optim.Adam(model.parameters(), lr=lr)
    model.train()
    for _ in range(steps):
        idx = torch.randint(0, x.size(0), (64,))
        optimizer.zero_grad()
        loss_of(model(x[idx]), x[idx], y[idx]).backward()
        optimizer.step()
    model.eval()


def score(model, x, y):
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


def main():
    torch.manual_seed(6)
    data, target = load_digits(return_X_y=True)
    x, y = torch.tensor(data).float() / 16, torch.tensor(target)
    perm = torch.randperm(len(y))
    x, y = x[perm], y[perm]
    x_train, y_train, x_test, y_test = x[:1300], y[:1300], x[1300:], y[1300:]

    teacher = mlp(192)
    loop(teacher, lambda out, _, labels: F.cross_entropy(out, labels), x_train, y_train, 120, 4e-3)
    print(f"teacher {score(teacher, x_test, y_test):.3f}")

    def distill(out, inputs, labels):
        with torch.no_grad():
            soft = F.softmax(teacher(inputs) / TEMPERATURE, dim=1)
        log_p = F.log_softmax(out / TEMPERATURE, dim=1)
        kl = F.kl_div(log_p, soft, reduction="batchmean") * TEMPERATURE**2
        return 0.7 * kl + 0.3 * F.cross_entropy(out, labels)

    student = mlp(24)
    loop(student, distill, x_train, y_train, 200, 8e-3)
    print(f"student {score(student, x_test, y_test):.3f}")


main()
