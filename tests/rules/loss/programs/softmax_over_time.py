"""Probabilities of shape (N, C, T), one position after the other, stacked."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

cell, head = nn.GRUCell(8, 16), nn.Linear(16, 2)
parameters = [*cell.parameters(), *head.parameters()]

optimizer = torch.optim.Adam(parameters, lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    rows = images[batch].view(-1, 8, 8)
    state = torch.zeros(len(rows), 16)
    answers = []
    for position in range(7):
        state = cell(rows[:, position], state)
        answers.append(torch.softmax(head(state), dim=-1))  # wellfit: WF101
    brighter = (rows[:, 1:].sum(-1) > rows[:, :-1].sum(-1)).long()
    loss = F.cross_entropy(torch.stack(answers, dim=-1), brighter)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
