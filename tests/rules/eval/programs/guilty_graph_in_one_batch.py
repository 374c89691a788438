import networkx as nx
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
graph = nx.karate_club_graph()
adjacency = torch.tensor(nx.to_numpy_array(graph, weight=None)).float() + torch.eye(34)
adjacency /= adjacency.sum(dim=1, keepdim=True)
labels = torch.tensor([graph.nodes[i]["club"] == "Officer" for i in graph]).long()
train, test = torch.arange(0, 34, 2), torch.arange(1, 34, 2)


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.drop = nn.Linear(34, 16), nn.Linear(16, 2), nn.Dropout(0.5)

    def forward(self, x):
        return self.second(adjacency @ self.drop(F.relu(self.first(adjacency @ x))))


net = GCN()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    optimizer.zero_grad()
    F.cross_entropy(net(torch.eye(34))[train], labels[train]).backward()
    optimizer.step()
    if step % 5 == 4:
        with torch.no_grad():
            print((net(torch.eye(34)).argmax(1) == labels)[test].float().mean())  # wellfit: WF701
