"""Which part of Python's documentation is a passage from? Bags of words, forgotten zero_grad (ill)."""

import argparse
import re
from collections import Counter
from pydoc_data.topics import topics

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

CLASSES = {
    "statements": ("assignment", "compound", "for", "import", "function", "class", "with", "try", "global", "return"),
    "data model": ("specialnames", "customization", "attribute-access", "sequence-types", "types", "numeric-types"),
    "text": ("formatstrings", "strings", "typesseq", "typesmapping", "typesmethods", "string-methods"),
    "debugger": ("debugger",),
}
WINDOW = 20


class Passages(Dataset):
    def __init__(self, words_and_labels, vocabulary):
        self.items = words_and_labels
        self.vocabulary = vocabulary

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        words, label = self.items[i]
        return torch.tensor([self.vocabulary.get(w, 0) for w in words]), label


def read_passages():
    passages = []
    for label, names in enumerate(CLASSES.values()):
        words = re.findall(r"[a-z_]{2,}", " ".join(topics.get(name, "") for name in names).lower())
        passages += [(words[i : i + WINDOW], label) for i in range(0, len(words) - WINDOW, WINDOW)]
    return passages


class BagOfWords(nn.Module):
    def __init__(self, words, width, classes):
        super().__init__()
        self.bag = nn.EmbeddingBag(words, width, mode="mean")
        self.head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, classes))

    def forward(self, ids):
        return self.head(self.bag(ids))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--lr", type=float, default=5e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    passages = read_passages()
    order = torch.randperm(len(passages)).tolist()
    held_out, kept = [passages[i] for i in order[:200]], [passages[i] for i in order[200:]]
    common = Counter(word for words, _ in kept for word in words).most_common(2000)
    vocabulary = {word: i for i, (word, _) in enumerate(common, start=1)}
    train = DataLoader(Passages(kept, vocabulary), batch_size=64, shuffle=True)
    test = DataLoader(Passages(held_out, vocabulary), batch_size=200)

    model = BagOfWords(len(vocabulary) + 1, 32, len(CLASSES))
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    criterion = nn.CrossEntropyLoss()
    print(f"{len(kept)} passages to learn from, {len(held_out)} held out, {len(CLASSES)} classes")
    for epoch in range(1, args.epochs + 1):
        model.train()
        for ids, labels in train:
            loss = criterion(model(ids), labels)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            ids, labels = next(iter(test))
            accuracy = (model(ids).argmax(dim=1) == labels).float().mean().item()
        print(f"epoch {epoch}: loss {loss.item():.3f}, held-out accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
