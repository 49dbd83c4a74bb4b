"""Muon in 32 bits: torch's own works in bfloat16, which is slow on a CPU without units for it."""

from collections import defaultdict
from collections.abc import Iterable

import torch

_A, _B, _C = 3.4445, -4.7750, 2.0315


class Muon(torch.optim.Optimizer):
    """Momentum whose steps are made orthogonal (Jordan 2024), scaled to be as long as Adam's."""

    def __init__(self, matrices: Iterable[torch.Tensor], lr: float, momentum: float = 0.95) -> None:
        """Take matrices between layers; other weights belong to another optimiser."""
        super().__init__(matrices, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Move all matrices; those of one shape are made orthogonal together."""
        for group in self.param_groups:
            shapes = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None:
                    shapes[tuple(weight.shape)].append(weight)
            for weights in shapes.values():
                steps = _orthogonal(torch.stack([self._moved(w, group) for w in weights]))
                scale = 0.2 * max(weights[0].shape) ** 0.5
                for weight, step in zip(weights, steps, strict=True):
                    weight.add_(step, alpha=-group["lr"] * scale)

    def _moved(self, weight: torch.Tensor, group: dict[str, float]) -> torch.Tensor:
        state = self.state[weight]
        kept = state.setdefault("kept", torch.zeros_like(weight))
        kept.lerp_(weight.grad, 1 - group["momentum"])
        return torch.lerp(weight.grad, kept, group["momentum"])


def _orthogonal(x: torch.Tensor) -> torch.Tensor:
    """The nearest orthogonal matrices, roughly, by five steps of Newton and Schulz."""
    tall = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.transpose(1, 2)
        x = _A * x + (_B * square + _C * square @ square) @ x
    return x.transpose(1, 2) if tall else x
