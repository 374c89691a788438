"""Variational autoencoder on digits: Bernoulli likelihood from logits, closed-form divergence."""

import argparse

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class VAE(nn.Module):
    def __init__(self, hidden: int = 64, latent: int = 6) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, hidden), nn.ReLU())
        self.mean = nn.Linear(hidden, latent)
        self.log_var = nn.Linear(hidden, latent)
        self.decode = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, 64))

    def forward(self, x):
        h = self.body(x)
        mean, log_var = self.mean(h), self.log_var(h)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_var)
        return self.decode(z), mean, log_var


def negative_elbo(logits, x, mean, log_var):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)
    divergence = -0.5 * (1 + log_var - mean.square() - log_var.exp()).sum(dim=1)
    return (reconstruction + divergence).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--batch-size", type=int, default=64)
    args = parser.parse_args()
    torch.manual_seed(0)

    x = torch.tensor(load_digits().data / 16.0, dtype=torch.float32)
    x_train, x_test = x[:1600], x[1600:]
    vae = VAE()
    optimizer = torch.optim.Adam(vae.parameters(), lr=5e-3)
    for step in range(args.steps):
        batch = x_train[torch.randperm(len(x_train))[: args.batch_size]]
        loss = negative_elbo(*_with_input(vae, batch))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % 50 == 0:
            with torch.no_grad():
                test = negative_elbo(*_with_input(vae, x_test))
            print(f"step {step + 1}: -ELBO train {loss:.2f} test {test:.2f}")
    with torch.no_grad():
        drawn = torch.sigmoid(vae.decode(torch.randn(4, 6)))
    print("mean ink of four samples", f"{drawn.mean():.3f}", "of the data", f"{x.mean():.3f}")


def _with_input(vae, x):
    logits, mean, log_var = vae(x)
    return logits, x, mean, log_var


if __name__ == "__main__":
    main()
