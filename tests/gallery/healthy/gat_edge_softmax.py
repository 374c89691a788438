"""Attention over the edges of a graph (softmax per receiving node) on Les Miserables' characters."""

import networkx as nx
import torch
from torch import nn


def softmax_over_edges(scores, receivers, nodes):
    """Normalize the score of every edge among the edges that end at the same node."""
    top = torch.full((nodes,), float("-inf")).scatter_reduce(0, receivers, scores.detach(), "amax")
    exp = (scores - top[receivers]).exp()
    total = torch.zeros(nodes).index_add(0, receivers, exp)
    return exp / total[receivers]


class AttentionLayer(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.project = nn.Linear(n_in, n_out, bias=False)
        self.score_from = nn.Linear(n_out, 1, bias=False)
        self.score_to = nn.Linear(n_out, 1, bias=False)
        self.leaky = nn.LeakyReLU(0.2)

    def forward(self, x, senders, receivers):
        h = self.project(x)
        score = self.leaky(self.score_from(h)[senders] + self.score_to(h)[receivers]).squeeze(-1)
        weight = softmax_over_edges(score, receivers, x.shape[0])
        return torch.zeros_like(h).index_add(0, receivers, weight[:, None] * h[senders])


class GAT(nn.Module):
    def __init__(self, n_in, hidden, classes):
        super().__init__()
        self.one = AttentionLayer(n_in, hidden)
        self.two = AttentionLayer(hidden, classes)

    def forward(self, x, senders, receivers):
        return self.two(torch.relu(self.one(x, senders, receivers)), senders, receivers)


torch.manual_seed(11)
graph = nx.convert_node_labels_to_integers(nx.les_miserables_graph())
groups = nx.community.greedy_modularity_communities(graph, weight="weight", cutoff=4, best_n=4)
labels = torch.empty(len(graph), dtype=torch.long)
for group, members in enumerate(groups):
    labels[list(members)] = group

edges = list(graph.edges)
pairs = edges + [(b, a) for a, b in edges] + [(n, n) for n in graph]
senders, receivers = torch.tensor(pairs).T
x = torch.eye(len(graph))
known = torch.zeros(len(graph), dtype=torch.bool)
known[torch.randperm(len(graph))[:40]] = True

net = GAT(len(graph), 16, 4)
adam = torch.optim.Adam(net.parameters(), lr=0.02, weight_decay=1e-4)
objective = nn.CrossEntropyLoss()
for step in range(1, 91):
    logits = net(x, senders, receivers)
    loss = objective(logits[known], labels[known])
    adam.zero_grad()
    loss.backward()
    adam.step()
    if step % 30 == 0:
        with torch.no_grad():
            right = net(x, senders, receivers).argmax(-1) == labels
        print(
            f"{step:3d}  loss {loss:.3f}  known {right[known].float().mean():.3f}  new {right[~known].float().mean():.3f}"
        )
