"""DropFeature's card."""

from wellfit.regularize.card import Card

DROP_FEATURE = Card(
    name="drop_feature",
    family="graph",
    title="Zero some columns of a graph's features for all of its nodes",
    parameter="p, the chance that a column is zeroed",
    full=0.3,
    suggested="0.1 to 0.3 on a small or deep graph network, beside ordinary dropout; 0 where each column is needed",
    costs="one product of the features with a row; 2 ms for 100,000 nodes with 64 features on one CPU core",
    interacts=(
        "nn.Dropout on the same features zeroes single entries, which neighbours make good; together, less of each",
        "columns of one-hot groups fall one by one",
    ),
    sources=(
        "PyTorch Geometric 2.8, torch_geometric.utils.mask_feature with mode='col', https://pytorch-geometric.readthedocs.io",
    ),
)
