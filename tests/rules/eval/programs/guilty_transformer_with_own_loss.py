import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, dropout=0.1, batch_first=True)
        self.body, self.head = nn.TransformerEncoder(layer, 1), nn.Linear(64, 10)

    def forward(self, x, labels):
        scores = self.head(self.body(x.view(-1, 8, 8)).flatten(1))
        return {"loss": F.cross_entropy(scores, labels), "scores": scores}


net = Net()
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(2):
    for rows in torch.randperm(640).split(64):
        optimizer.zero_grad()
        net(images[rows], labels=labels[rows])["loss"].backward()
        optimizer.step()
    with torch.no_grad():
        for rows in torch.arange(700, 1000).split(100):
            print(net(images[rows], labels=labels[rows])["loss"].item())  # wellfit: WF701
