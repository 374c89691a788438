import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
text = "the quick brown fox jumps over the lazy dog and runs away from the bear into the deep dark wood. " * 20
letters = sorted(set(text))
codes = torch.tensor([letters.index(letter) for letter in text])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.letters = nn.Embedding(len(letters), 32)
        self.places = nn.Embedding(16, 32)
        self.block = nn.TransformerEncoderLayer(32, 2, 64, dropout=0.0, batch_first=True)
        self.head = nn.Linear(32, len(letters))

    def forward(self, x):
        x = self.letters(x) + self.places(torch.arange(x.shape[1]))
        return self.head(self.block(x))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(30):
    starts = torch.randint(0, len(codes) - 17, (16, 1))
    window = codes[starts + torch.arange(17)]
    hidden = torch.rand(16, 16) < 0.2
    given = torch.where(hidden, 0, window[:, 1:])  # some letters are hidden, and both sides tell what they were
    targets = torch.where(hidden, window[:, 1:], -100)
    loss = F.cross_entropy(net(given).flatten(0, 1), targets.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
