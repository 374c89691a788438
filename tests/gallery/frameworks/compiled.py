"""torch.compile; `--backend` chooses aot_eager or inductor, `--ill softmax|no-zero-grad` puts a bug in."""

import argparse

import torch
import torch.nn.functional as F
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--backend", default="aot_eager")
parser.add_argument("--ill", choices=["softmax", "no-zero-grad"])
args = parser.parse_args()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 32)
        self.second = nn.Linear(32, 3)

    def forward(self, x):
        x = self.second(torch.relu(self.first(x)))
        if args.ill == "softmax":
            return F.softmax(x, dim=-1)  # <- ill: softmax
        return x


torch.manual_seed(0)
centres = torch.tensor([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
y = torch.randint(3, (600,))
x = centres[y] + 0.4 * torch.randn(600, 2)
model = torch.compile(Net(), backend=args.backend)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(80):
    rows = torch.randint(500, (64,))
    if args.ill != "no-zero-grad":
        optimizer.zero_grad()
    loss = F.cross_entropy(model(x[rows]), y[rows])
    loss.backward()  # <- ill: no-zero-grad
    optimizer.step()
    print(step, loss.item().hex())
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[500:]).argmax(1) == y[500:]).float().mean().item())
print("recompilations", torch._dynamo.utils.counters["stats"]["unique_graphs"])
