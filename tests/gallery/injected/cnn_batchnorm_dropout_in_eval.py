"""A small convolutional network with batch normalization, trained by a Trainer class."""

import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class ConvNet(nn.Module):
    def __init__(self, width=12, classes=10):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(0.1), nn.Linear(8 * width, classes))

    def forward(self, x):
        x = nn.functional.dropout(self.features(x), 0.1)  # <- ill
        return self.classifier(x)


class Trainer:
    def __init__(self, model, train_set, val_set, epochs, batch_size=48):
        self.model = model
        self.epochs = epochs
        self.train_loader = DataLoader(train_set, batch_size=batch_size, shuffle=True, drop_last=True)
        self.val_loader = DataLoader(val_set, batch_size=256)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
        self.scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, max_lr=0.2, steps_per_epoch=len(self.train_loader), epochs=epochs
        )

    def fit(self):
        for epoch in range(self.epochs):
            self.model.train()
            for images, labels in self.train_loader:
                self.training_step(images, labels)
            print(f"epoch {epoch}: validation accuracy {self.validate():.4f}")

    def training_step(self, images, labels):
        loss = self.criterion(self.model(images), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.scheduler.step()

    def validate(self):
        self.model.eval()
        right = total = 0
        with torch.no_grad():
            for images, labels in self.val_loader:
                predicted = self.model(images).argmax(1)
                right += (predicted == labels).sum().item()
                total += labels.numel()
        return right / total


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    digits = load_digits()
    data = TensorDataset(torch.tensor(digits.images / 8.0 - 1.0).float().unsqueeze(1), torch.tensor(digits.target))
    train_set, val_set = random_split(data, [1437, 360])
    Trainer(ConvNet(), train_set, val_set, args.epochs).fit()
