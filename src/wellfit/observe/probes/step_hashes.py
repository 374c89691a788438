"""What goes into each step of a trial run, as hashes: two runs under equal seeds must have the same."""

import hashlib

from torch import Tensor

from wellfit.model.events.deep import StepHashed
from wellfit.model.place import Place
from wellfit.observe.calls import first_tensor, tensors
from wellfit.observe.hashes import hash_generators, hash_rows, hash_tensors
from wellfit.observe.moments import Backward, Forward, LossCall, Step
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch


class StepHashesProbe(Probe):
    """Writes `StepHashed` for each step that trains."""

    emits = (StepHashed,)
    always = frozenset({"forward", "plain_forward", "loss_call", "backward", "step_end"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._train_steps = watch.trial.train_steps if watch.trial else 0
        self._forget()

    def _forget(self) -> None:
        self._inputs, self._targets = hashlib.blake2b(digest_size=16), hashlib.blake2b(digest_size=16)
        self._given = self._held = False
        self._rows: tuple[str, ...] = ()
        self._weights: str | None = None
        self._generators = ""
        self._loss: float | None = None
        self._place: Place | None = None
        self._device = "cpu"

    @property
    def _trains(self) -> bool:
        return self.watch.clock.step < self._train_steps

    def on_forward(self, forward: Forward) -> None:
        """A model is called: hash what it is given."""
        if not forward.grad or not forward.root.has_parameters or not self._trains or not self.watch.may_compute():
            return
        if not self._given:
            self._begin(forward)
        given = [tensor for _, tensor in tensors(forward.args, forward.kwargs)]
        self._inputs.update(hash_tensors(given).encode())

    def on_plain_forward(self, forward: Forward) -> None:
        """The same."""
        self.on_forward(forward)

    def _begin(self, forward: Forward) -> None:
        self._given, self._place = True, forward.place
        self._generators = hash_generators()
        first = first_tensor(forward.args, forward.kwargs)
        self._rows = () if first is None else hash_rows(first)
        self._device = "cpu" if first is None else first.device.type
        if self.watch.clock.sampled:
            self._weights = hash_tensors(value for _, m in self.watch.roots.living() for value in _state(m))

    def on_loss_call(self, call: LossCall) -> None:
        """A loss is computed: hash its targets."""
        if call.grad and self._trains and self.watch.may_compute():
            self._held = True
            self._targets.update(hash_tensors([call.target]).encode())

    def on_backward(self, backward: Backward) -> None:
        """Note the loss."""
        self._loss = backward.value

    def on_step_end(self, _: Step) -> None:
        """Write the step down."""
        if self._given and self._trains:
            self.watch.emit(
                StepHashed(
                    step=self.watch.clock.step,
                    weights=self._weights,
                    inputs=self._inputs.hexdigest(),
                    rows=self._rows,
                    targets=self._targets.hexdigest() if self._held else None,
                    generators=self._generators,
                    loss=None if self._loss is None else float(self._loss).hex(),
                    place=self._place,
                    device=self._device,
                )
            )
        self._forget()


def _state(module: object) -> list[Tensor]:
    return [value for value in module.state_dict().values() if isinstance(value, Tensor)]  # type: ignore[attr-defined]
