"""One graph, the same each time: every node sees weighted sums over all nodes."""

import networkx as nx
import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.score, self.value, self.head = nn.Linear(34, 4), nn.Linear(34, 4), nn.Linear(38, 2)

    def forward(self, x):
        whole = (F.softmax(self.score(x), dim=0) * self.value(x)).sum(dim=0)
        return self.head(torch.cat([x, whole.expand(len(x), -1)], dim=1))


torch.manual_seed(0)
graph = nx.karate_club_graph()
nodes = torch.tensor(nx.to_numpy_array(graph), dtype=torch.float32)
clubs = torch.tensor([graph.nodes[n]["club"] == "Officer" for n in graph]).long()
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    loss = F.cross_entropy(net(nodes), clubs)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
