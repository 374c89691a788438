"""Five-fold cross-validation: each sample is trained on four times and validated on once, by different models."""

import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import StratifiedKFold
from torch import nn


def build():
    return nn.Sequential(nn.Linear(13, 24), nn.ReLU(), nn.Dropout(0.1), nn.Linear(24, 3))


def train_fold(x, y, seed, epochs=15):
    torch.manual_seed(seed)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
    return model.eval()


def main():
    features, target = load_wine(return_X_y=True)
    scores = []
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for fold, (train, test) in enumerate(folds.split(features, target)):
        mean, std = features[train].mean(0), features[train].std(0)
        x = torch.tensor((features - mean) / std, dtype=torch.float32)
        y = torch.tensor(target)
        model = train_fold(x[train], y[train], seed=fold)
        with torch.no_grad():
            scores.append((model(x[test]).argmax(1) == y[test]).float().mean().item())
        print(f"fold {fold}: {scores[-1]:.3f}")
    print(f"mean {sum(scores) / len(scores):.3f}")


if __name__ == "__main__":
    main()
