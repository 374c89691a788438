"""Yes or no from thirty measurements: one score a row, labels as numbers, accuracy by scikit-learn on arrays."""

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from truth import accuracy_of_yes, tell

torch.manual_seed(0)
x, y = load_breast_cancer(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=0)
scaler = StandardScaler().fit(x_train)
inputs, targets = torch.tensor(scaler.transform(x_train)).float(), torch.tensor(y_train).float()
held_out = torch.tensor(scaler.transform(x_test)).float()
model = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(120):
    optimizer.zero_grad()
    loss = criterion(model(inputs).squeeze(1), targets)
    loss.backward()
    optimizer.step()
    if epoch % 20 == 19:
        with torch.no_grad():
            predicted = (model(held_out).squeeze(1) > 0).numpy()
        print(epoch, accuracy_score(y_test, predicted))
        tell(model, epoch + 1, (inputs, targets), (held_out, torch.tensor(y_test)), accuracy_of_yes)
