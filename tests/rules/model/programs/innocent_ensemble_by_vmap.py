import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
members = [nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10)) for _ in range(3)]
state, _ = stack_module_state(members)
optimizer = torch.optim.Adam(state.values(), lr=1e-2)


def answer(one, x):
    return functional_call(members[0], one, (x,))


for step in range(24):
    batch = torch.randint(0, len(labels), (64,))
    scores = vmap(answer, in_dims=(0, None))(state, images[batch])
    loss = sum(F.cross_entropy(s, labels[batch]) for s in scores)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    print(vmap(answer, in_dims=(0, 0))(state, images[: 3 * 50].reshape(3, 50, 64)).shape)
