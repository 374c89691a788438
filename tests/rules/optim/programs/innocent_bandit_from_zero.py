import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
right = torch.tensor(digits.target) == 7
preference = torch.zeros(10, requires_grad=True)  # of the arms of a bandit
optimizer = torch.optim.Adam([preference], lr=0.3)
for step in range(80):
    row = int(torch.randint(len(right), ()))
    choice = torch.distributions.Categorical(logits=preference)
    arm = choice.sample()
    reward = 1.0 + float(digits.target[row] == int(arm)) + float(digits.data[row].sum()) / 500
    loss = -choice.log_prob(arm) * reward
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
