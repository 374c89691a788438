import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    """The probe on top reads the code and must not shape it; the encoder learns by reconstruction."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 16), nn.Tanh())
        self.decoder, self.probe = nn.Linear(16, 64), nn.Linear(16, 10)

    def forward(self, x):
        code = self.encoder(x)
        return self.decoder(code), self.probe(code.detach())


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(40):
    batch = torch.randint(0, len(labels), (64,))
    rebuilt, scores = net(images[batch])
    loss = nn.functional.mse_loss(rebuilt, images[batch]) + nn.functional.cross_entropy(scores, labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
