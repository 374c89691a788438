"""Dropping edges, nodes and feature columns: wellfit against PyTorch Geometric, in CPU time of one thread.

python -m venv rivals && rivals/bin/pip install -r benchmarks/graph_dropout-requirements.txt -c constraints.txt
OMP_NUM_THREADS=1 PYTHONPATH=src rivals/bin/python benchmarks/graph_dropout.py --edges 1000000 --rounds 25
"""

import argparse
import platform
from datetime import datetime, timezone

import torch
import torch_geometric
from interleaved import table, take_turns
from torch_geometric.utils import dropout_edge, dropout_node, mask_feature

from wellfit.regularize.graph import DropEdge, DropFeature, DropNode, drop_features

NODES, FEATURES, P = 100_000, 64, 0.2
INDEX = torch.tensor([0])


def undirected(edges):
    """Both directions of random edges, in random order, as most loaders leave them."""
    half = torch.randint(NODES, (2, edges // 2), generator=torch.Generator().manual_seed(0))
    both = torch.cat([half, half.flip(0)], dim=1)
    return both[:, torch.randperm(both.shape[1], generator=torch.Generator().manual_seed(1))].contiguous()


def edge_turns(edges):
    """Each edge by itself."""
    index, mask = DropEdge(P, undirected=False), DropEdge(P, undirected=False, mode="mask")
    return {
        "PyG dropout_edge": lambda: dropout_edge(edges, P),
        "wellfit, index": lambda: index(edges),
        "wellfit, mask": lambda: mask(edges),
        "wellfit, mask, draws by index": lambda: mask(edges, index=INDEX),
    }


def pair_turns(edges):
    """Both directions together."""
    index, mask = DropEdge(P, undirected=True), DropEdge(P, undirected=True, mode="mask")
    auto = DropEdge(P, mode="mask")
    return {
        "PyG dropout_edge, force_undirected": lambda: dropout_edge(edges, P, force_undirected=True),
        "wellfit, index": lambda: index(edges),
        "wellfit, mask": lambda: mask(edges),
        "wellfit, mask, draws by index": lambda: mask(edges, index=INDEX),
        'wellfit, mask, "auto", graph seen before': lambda: auto(edges),
        'wellfit, mask, "auto", a new graph': lambda: auto(edges[:]),
    }


def node_turns(edges):
    """Nodes with their edges."""
    index, mask = DropNode(P), DropNode(P, mode="mask")
    return {
        "PyG dropout_node": lambda: dropout_node(edges, P, num_nodes=NODES),
        "wellfit, index": lambda: index(edges, num_nodes=NODES),
        "wellfit, mask": lambda: mask(edges, num_nodes=NODES),
    }


def feature_turns(_):
    """Columns of features; PyG does not rescale, so that wellfit does not here either."""
    x, module = torch.rand(NODES, FEATURES), DropFeature(P)
    return {
        'PyG mask_feature, mode="col"': lambda: mask_feature(x, P),
        "wellfit, without rescaling": lambda: drop_features(x, p=P, rescale=False),
        "wellfit, with rescaling": lambda: module(x),
    }


TURNS = {"edges": edge_turns, "pairs of edges": pair_turns, "nodes": node_turns, "feature columns": feature_turns}


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--edges", type=int, default=1_000_000)
    asked.add_argument("--rounds", type=int, default=25)
    asked.add_argument("--calls", type=int, default=1, help="in a row, of one contestant in one round")
    asked = asked.parse_args()
    torch.set_num_threads(1)
    versions = f"torch {torch.__version__}, torch_geometric {torch_geometric.__version__}"
    print(f"{datetime.now(timezone.utc):%Y-%m-%d}, {platform.machine()}, {versions}, {asked.edges:,} edges, p={P}\n")
    edges = undirected(asked.edges)
    for name, turns in TURNS.items():
        contestants = turns(edges)
        times = take_turns(contestants, asked.rounds, asked.calls)
        print(f"### {name}\n\n{table(times, next(iter(contestants)))}\n", flush=True)


if __name__ == "__main__":
    main()
