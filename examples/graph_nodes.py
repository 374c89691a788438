"""Communities of Les Miserables: a graph network labels every character from a few that are known (healthy)."""

import argparse

import networkx as nx
import torch
import torch.nn.functional as F
from torch import nn


class MeanNeighbours(nn.Module):
    """GraphSAGE with the mean: what a node is and what its neighbours are, each through its own matrix."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.own = nn.Linear(n_in, n_out)
        self.others = nn.Linear(n_in, n_out, bias=False)

    def forward(self, x, mean):
        return self.own(x) + self.others(mean @ x)


class NodeClassifier(nn.Module):
    def __init__(self, n_in, hidden, classes, dropout):
        super().__init__()
        self.first = MeanNeighbours(n_in, hidden)
        self.second = MeanNeighbours(hidden, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mean):
        return self.second(self.dropout(F.relu(self.first(x, mean))), mean)


def load(communities, known_per_class):
    graph = nx.convert_node_labels_to_integers(nx.les_miserables_graph())
    groups = nx.community.greedy_modularity_communities(graph, weight="weight", cutoff=communities, best_n=communities)
    labels = torch.zeros(len(graph), dtype=torch.long)
    known = torch.zeros(len(graph), dtype=torch.bool)
    for label, members in enumerate(groups):
        by_degree = sorted(members, key=graph.degree, reverse=True)
        labels[by_degree] = label
        known[by_degree[:known_per_class]] = True
    weights = torch.tensor(nx.to_numpy_array(graph), dtype=torch.float32)
    mean = weights / weights.sum(dim=1, keepdim=True)
    return mean, labels, known


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=120)
    parser.add_argument("--known", type=int, default=5, help="labelled characters in each community")
    parser.add_argument("--lr", type=float, default=1e-2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    mean, labels, known = load(4, args.known)
    x = torch.eye(len(labels))
    model = NodeClassifier(len(labels), 24, 4, dropout=0.3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=1e-2)
    print(f"{len(labels)} characters, {int(known.sum())} of them labelled")
    for epoch in range(1, args.epochs + 1):
        model.train()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x, mean)[known], labels[known])
        loss.backward()
        optimizer.step()
        if epoch % 20 == 0:
            model.eval()
            with torch.no_grad():
                right = model(x, mean).argmax(dim=1) == labels
            print(
                f"epoch {epoch:3d}  loss {loss.item():.4f}  unlabelled right {right[~known].float().mean().item():.1%}"
            )


if __name__ == "__main__":
    main()
