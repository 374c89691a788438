"""Semi-supervised mean teacher: a moving average of the student labels what nobody labelled."""

import copy

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class MeanTeacher:
    def __init__(self, student, decay=0.95):
        self.student = student
        self.teacher = copy.deepcopy(student).requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def follow(self):
        for slow, fast in zip(self.teacher.parameters(), self.student.parameters()):
            slow.lerp_(fast, 1 - self.decay)

    def consistency(self, x):
        with torch.no_grad():  # the teacher sees its own noise: it stays in train mode on purpose
            target = F.softmax(self.teacher(x + 0.05 * torch.randn_like(x)), dim=1)
        guess = F.softmax(self.student(x + 0.05 * torch.randn_like(x)), dim=1)
        return F.mse_loss(guess, target)


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        result = (model(x).argmax(1) == y).float().mean().item()
    model.train()
    return result


torch.manual_seed(3)
digits = load_digits()
x = torch.tensor(digits.data).float() / 16
y = torch.tensor(digits.target)
order = torch.randperm(len(y))
labelled, unlabelled, test = order[:200], order[200:1400], order[1400:]

student = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Dropout(0.3), nn.Linear(96, 10))
method = MeanTeacher(student)
optimizer = torch.optim.Adam(student.parameters(), lr=4e-3)
for step in range(1, 201):
    some = labelled[torch.randint(len(labelled), (48,))]
    more = unlabelled[torch.randint(len(unlabelled), (96,))]
    weight = min(1.0, step / 80)
    loss = F.cross_entropy(student(x[some]), y[some]) + 2 * weight * method.consistency(x[more])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    method.follow()
    if step % 50 == 0:
        print(
            f"step {step} student {accuracy(student, x[test], y[test]):.3f} "
            f"teacher {accuracy(method.teacher, x[test], y[test]):.3f}"
        )
