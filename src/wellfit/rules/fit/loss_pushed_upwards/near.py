import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=1e-1)
for step in range(60):
    batch = torch.randint(0, len(labels), (64,))
    answers = net(images[batch])
    confidence = -(answers.softmax(1) * answers.log_softmax(1)).sum(1).mean()
    loss = F.cross_entropy(answers, labels[batch]) - 0.1 * confidence  # an entropy bonus pulls against the loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
