"""Binary classification with a sigmoid output and nn.BCELoss, which expects exactly that."""

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler
from torch import nn


class LogisticNet(nn.Module):
    def __init__(self, in_features):
        super().__init__()
        self.hidden = nn.Linear(in_features, 16)
        self.output = nn.Linear(16, 1)
        self.sigmoid = nn.Sigmoid()
        for layer in (self.hidden, self.output):
            nn.init.constant_(layer.weight, 0.05)  # <- ill
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        x = torch.tanh(self.hidden(x))
        return self.sigmoid(self.output(x)).view(-1)


torch.manual_seed(0)
X, y = load_breast_cancer(return_X_y=True)
shuffle = torch.randperm(len(y)).numpy()
X, y = X[shuffle], y[shuffle]
scaler = StandardScaler().fit(X[:400])
X_train, X_test = (torch.tensor(scaler.transform(part), dtype=torch.float32) for part in (X[:400], X[400:]))
y_train, y_test = (torch.tensor(part, dtype=torch.float32) for part in (y[:400], y[400:]))

model = LogisticNet(X.shape[1])
criterion = nn.BCELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
n_epochs, batch_size = 8, 40
for epoch in range(n_epochs):
    permutation = torch.randperm(X_train.size(0))
    for i in range(0, X_train.size(0), batch_size):
        indices = permutation[i : i + batch_size]
        optimizer.zero_grad()
        loss = criterion(model(X_train[indices]), y_train[indices])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        test_accuracy = ((model(X_test) > 0.5).float() == y_test).float().mean().item()
    print("Epoch {}, Loss {:.4f}, Test accuracy {:.4f}".format(epoch + 1, loss.item(), test_accuracy))
