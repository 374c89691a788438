import copy
import time

import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
d = load_digits()
X = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
X = (X - 0.3) / 0.37
y = torch.tensor(d.target)


def backbone(classes):
    return nn.ModuleDict(
        {
            "body": nn.Sequential(
                nn.Conv2d(1, 16, 3, padding=1, bias=False),
                nn.BatchNorm2d(16),
                nn.ReLU(),
                nn.MaxPool2d(2),
                nn.Conv2d(16, 32, 3, padding=1, bias=False),
                nn.BatchNorm2d(32),
                nn.ReLU(),
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
            ),
            "fc": nn.Linear(32, classes),
        }
    )


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        m = backbone(classes)
        self.body, self.fc = m["body"], m["fc"]

    def forward(self, x):
        return torch.softmax(self.fc(self.body(x)), dim=1)  # wellfit: WF101


# "pretrained" on digits 0-4
old = y < 5
source = Net(5)
opt = optim.Adam(source.parameters(), 3e-3)
for xb, yb in list(DataLoader(TensorDataset(X[old], y[old]), 32, shuffle=True)) * 3:
    opt.zero_grad()
    nn.CrossEntropyLoss()(source(xb), yb).backward()
    opt.step()

new = TensorDataset(X[~old], y[~old] - 5)
tr, va = random_split(new, [700, len(new) - 700])
dataloaders = {"train": DataLoader(tr, batch_size=32, shuffle=True), "val": DataLoader(va, batch_size=32)}
dataset_sizes = {"train": len(tr), "val": len(va)}


def train_model(model, criterion, optimizer, scheduler, num_epochs=25):
    time.time()
    best_model_wts = copy.deepcopy(model.state_dict())
    best_acc = 0.0
    for epoch in range(num_epochs):
        print(f"Epoch {epoch}/{num_epochs - 1}")
        for phase in ["train", "val"]:
            if phase == "train":
                model.train()
            else:
                model.eval()
            running_loss = 0.0
            running_corrects = 0
            for inputs, labels in dataloaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    _, preds = torch.max(outputs, 1)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * inputs.size(0)
                running_corrects += torch.sum(preds == labels.data)
            if phase == "train":
                scheduler.step()
            epoch_loss = running_loss / dataset_sizes[phase]
            epoch_acc = running_corrects.double() / dataset_sizes[phase]
            print(f"{phase} Loss: {epoch_loss:.4f} Acc: {epoch_acc:.4f}")
            if phase == "val" and epoch_acc > best_acc:
                best_acc = epoch_acc
                best_model_wts = copy.deepcopy(model.state_dict())
    model.load_state_dict(best_model_wts)
    return model


model_ft = copy.deepcopy(source)
num_ftrs = model_ft.fc.in_features
model_ft.fc = nn.Linear(num_ftrs, 5)
optimizer_ft = optim.SGD(model_ft.parameters(), lr=0.02, momentum=0.9)
train_model(model_ft, nn.CrossEntropyLoss(), optimizer_ft, lr_scheduler.StepLR(optimizer_ft, step_size=2, gamma=0.3), 4)

model_conv = copy.deepcopy(source)
for param in model_conv.parameters():
    param.requires_grad = False
model_conv.fc = nn.Linear(num_ftrs, 5)
optimizer_conv = optim.SGD(model_conv.fc.parameters(), lr=0.05, momentum=0.9)
train_model(
    model_conv, nn.CrossEntropyLoss(), optimizer_conv, lr_scheduler.StepLR(optimizer_conv, step_size=3, gamma=0.1), 4
)
