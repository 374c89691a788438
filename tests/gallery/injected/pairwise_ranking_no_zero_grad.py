"""Learning to rank: every pair of a batch is compared through scores (N, 1) - (1, N)."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_diabetes
from torch import nn


def pairwise_logistic_loss(scores, relevance):
    difference = scores - scores.T
    better = (relevance > relevance.T).float()
    return (better * F.softplus(-difference)).sum() / better.sum().clamp(min=1)


def concordance(scores, relevance):
    order = torch.sign(scores - scores.T) * torch.sign(relevance - relevance.T)
    return ((order > 0).sum() / (order != 0).sum()).item()


def main():
    torch.manual_seed(5)
    bunch = load_diabetes()
    x = torch.tensor(bunch.data, dtype=torch.float32) * 20
    relevance = torch.tensor(bunch.target, dtype=torch.float32).unsqueeze(1)
    order = torch.randperm(len(x))
    train, test = order[:342], order[342:]
    scorer = nn.Sequential(nn.Linear(10, 24), nn.ReLU(), nn.Linear(24, 1))
    optimizer = torch.optim.AdamW(scorer.parameters(), lr=5e-3, weight_decay=0.05)
    for step in range(1, 121):
        rows = train[torch.randperm(len(train))[:48]]
        loss = pairwise_logistic_loss(scorer(x[rows]), relevance[rows])
        loss.backward()  # <- ill
        optimizer.step()
        if step % 40 == 0:
            with torch.no_grad():
                c = concordance(scorer(x[test]), relevance[test])
            print(f"step {step} loss {loss.item():.3f} concordance {c:.3f}")


main()
