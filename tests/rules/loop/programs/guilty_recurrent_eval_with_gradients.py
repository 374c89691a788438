import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(8, 16, num_layers=2, dropout=0.2, batch_first=True)
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        return self.head(self.rnn(x.view(-1, 8, 8))[0][:, -1])


net = Reader()
optimizer = torch.optim.Adam(net.parameters())
for epoch in range(3):
    for batch in torch.randperm(640).split(64):
        optimizer.zero_grad()
        F.cross_entropy(net(images[batch]), labels[batch]).backward()
        optimizer.step()
    net.eval()  # wellfit: WF204
    for rows in torch.arange(700, 1000).split(100):
        print((net(images[rows]).argmax(1) == labels[rows]).float().mean().item())
