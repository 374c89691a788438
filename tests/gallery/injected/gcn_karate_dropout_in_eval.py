"""Graph convolution on Zachary's karate club: two labelled members per side, all others predicted."""

import networkx as nx
import torch
import torch.nn.functional as F
from torch import nn


class GraphConvolution(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)

    def forward(self, adjacency, x):
        return adjacency @ self.linear(x)


class GCN(nn.Module):
    def __init__(self, nodes, hidden=16, classes=2):
        super().__init__()
        self.first = GraphConvolution(nodes, hidden)
        self.second = GraphConvolution(hidden, classes)

    def forward(self, adjacency, x):
        x = F.relu(self.first(adjacency, x))
        x = F.dropout(x, 0.3)  # <- ill
        return F.log_softmax(self.second(adjacency, x), dim=1)


def normalized_adjacency(graph):
    a = torch.tensor(nx.to_numpy_array(graph, weight=None), dtype=torch.float32) + torch.eye(len(graph))
    scale = a.sum(1).rsqrt()
    return scale[:, None] * a * scale[None, :]


def run():
    torch.manual_seed(0)
    graph = nx.karate_club_graph()
    adjacency = normalized_adjacency(graph)
    features = torch.eye(len(graph))
    labels = torch.tensor([int(graph.nodes[n]["club"] == "Officer") for n in graph])
    labelled = torch.tensor([0, 1, 32, 33])
    others = torch.tensor([n for n in graph if n not in {0, 1, 32, 33}])

    model = GCN(len(graph))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(100):
        model.train()
        optimizer.zero_grad()
        log_probabilities = model(adjacency, features)
        loss = F.nll_loss(log_probabilities[labelled], labels[labelled])
        loss.backward()
        optimizer.step()
        if epoch % 20 == 19:
            model.eval()
            with torch.no_grad():
                predicted = model(adjacency, features).argmax(1)
            print(
                epoch + 1, f"loss {loss.item():.4f}", "accuracy", f"{(predicted == labels)[others].float().mean():.3f}"
            )


run()
