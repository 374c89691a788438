"""One epoch of a training on scikit-learn's digits, as the programs of several tests run it."""

EPOCH = """
    net.train()
    for rows in torch.randperm(1400).split(50):
        loss = F.cross_entropy(net(x[rows]), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        answers = net(x[1400:])
        held = F.cross_entropy(answers, y[1400:])
        right = (answers.argmax(1) == y[1400:]).float().mean()
"""
"""The body of a loop; it wants `net`, `opt`, inputs `x`, targets `y`, and leaves `held` and `right` of the last 397."""
