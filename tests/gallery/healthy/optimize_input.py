"""First a classifier is trained; then it is held fixed and an input image is optimized to look like a three."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)

classifier = nn.Sequential(nn.Linear(64, 64), nn.Softplus(), nn.Linear(64, 10))
learner = torch.optim.Adam(classifier.parameters(), lr=5e-3)
for step in range(120):
    rows = torch.randint(1500, (64,))
    learner.zero_grad()
    F.cross_entropy(classifier(x[rows]), y[rows]).backward()
    learner.step()
classifier.requires_grad_(False)
print(f"classifier {(classifier(x[1500:]).argmax(1) == y[1500:]).float().mean():.3f}")

image = torch.full((1, 64), 0.3, requires_grad=True)
painter = torch.optim.Adam([image], lr=0.05)
wanted = torch.tensor([3])
for step in range(60):
    painter.zero_grad()
    loss = F.cross_entropy(classifier(image), wanted) + 0.01 * image.square().sum()
    loss.backward()
    painter.step()
    with torch.no_grad():
        image.clamp_(0, 1)
confidence = classifier(image.detach()).softmax(1)[0, 3]
print(f"confidence that it is a three {confidence:.3f}")
