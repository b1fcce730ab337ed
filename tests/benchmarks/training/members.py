"""Ensembles of small networks: members differ in parameters, data, order and learning rate, and share the steps.

Every member draws its split, its initialisation and the order of its batches from generators with its own seed. So the
result of a member does not depend on the members that are trained beside it.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from benchmarks.training.data import Task
from benchmarks.training.losses import Guide, Loss, xe
from torch import Tensor
from torch.nn.functional import conv2d

from emd_ref import ClassCentroids

SPLIT, START, ORDER, SHUFFLE = range(4)  # the streams of random numbers of each member


@dataclass(frozen=True)
class Settings:
    """Everything on which a result depends, except data and loss."""

    hidden: int = 64
    layers: int = 2
    steps: int = 1000
    batch: int = 64
    cap: int = 4000
    head_start_epochs: int = 3
    head_start_steps: int = 100
    checkpoints: int = 8
    dtype: str = "float32"


def generator(seed: int, stream: int) -> np.random.Generator:
    """Return the random generator of one member for one purpose."""
    return np.random.default_rng([20161105, seed, stream])


def splits(task: Task, seed: int, cap: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows for training, validation and test: 60, 20 and 20 % of at most `cap` rows."""
    rows = generator(seed, SPLIT).permutation(len(task.x))[:cap]
    n = len(rows) // 5
    return rows[2 * n :], rows[:n], rows[n : 2 * n]


@dataclass
class Part:
    """One split of every member: features (M, N, F) and targets (M, N) or (M, N, C)."""

    x: Tensor
    y: Tensor


def parts(task: Task, seeds: list[int], settings: Settings) -> list[Part]:
    """Return the training, validation and test parts, standardised by each member's training split."""
    drawn = [splits(task, seed, settings.cap) for seed in seeds]
    scales = [scale(task.x[train]) for train, _, _ in drawn]
    kind = torch.float32 if task.y.ndim == 2 else torch.int64
    return [
        Part(
            torch.as_tensor(np.stack([(task.x[d[i]] - m) / s for d, (m, s) in zip(drawn, scales, strict=True)])).to(
                getattr(torch, settings.dtype)
            ),
            torch.as_tensor(np.stack([task.y[d[i]] for d in drawn])).to(kind),
        )
        for i in range(3)
    ]


def scale(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of each feature, or of all pixels; the deviation of a constant feature is set to 1."""
    axis = 0 if x.ndim == 2 else None
    deviation = x.std(axis)
    return x.mean(axis), np.where(deviation > 1e-6, deviation, np.float32(1))


class Members:
    """Perceptrons with ReLU, one for each seed; all parameters are views of one flat buffer."""

    def __init__(self, seeds: list[int], inputs: int, outputs: int, settings: Settings) -> None:
        drawn: list[list[np.ndarray]] = []
        layout = self.layout(inputs, outputs, settings)
        for seed in seeds:
            rng = generator(seed, START)
            drawn.append([rng.uniform(-1, 1, shape) / np.sqrt(fan_in) for shape, fan_in in layout])
        stacked = [np.stack(members) for members in zip(*drawn, strict=True)]
        self.flat = torch.as_tensor(np.concatenate([block.ravel() for block in stacked]))
        self.flat = self.flat.to(getattr(torch, settings.dtype))
        self.grad = torch.zeros_like(self.flat)
        sizes = [block.size for block in stacked]
        self.parameters = []
        for values, slots, block in zip(self.flat.split(sizes), self.grad.split(sizes), stacked, strict=True):
            parameter = values.view(block.shape).detach().requires_grad_()
            parameter.grad = slots.view(block.shape)  # autograd adds to it in place
            self.parameters.append(parameter)

    @staticmethod
    def layout(inputs: int, outputs: int, settings: Settings) -> list[tuple[tuple[int, ...], int]]:
        """Return the shape of each parameter of one member, and the number of inputs that sets its initial scale."""
        widths = [inputs, *[settings.hidden] * settings.layers, outputs]
        return [(shape, i) for i, o in pairwise(widths) for shape in ((i, o), (o,))]

    def spread(self, values: list[float]) -> Tensor:
        """Spread one number per member over the layout of the flat buffer."""
        each = torch.as_tensor(values, dtype=self.flat.dtype)
        return torch.cat([each.repeat_interleave(p[0].numel()) for p in self.parameters])

    def features(self, x: Tensor) -> Tensor:
        """Penultimate features, after the last ReLU."""
        for weight, bias in zip(self.parameters[:-2:2], self.parameters[1:-2:2], strict=True):
            x = torch.baddbmm(bias[:, None], x, weight).relu()
        return x

    def logits(self, features: Tensor) -> Tensor:
        """Scores of the classes."""
        return torch.baddbmm(self.parameters[-1][:, None], features, self.parameters[-2])


class ImageMembers(Members):
    """Small convolutional networks, one for each seed, for images of 28 x 28."""

    @staticmethod
    def layout(inputs: int, outputs: int, settings: Settings) -> list[tuple[tuple[int, ...], int]]:
        """Two convolutions with stride 2, one hidden layer."""
        wide = 16 * 7 * 7
        convolutions = [((8, 1, 5, 5), 25), ((8,), 25), ((16, 8, 3, 3), 72), ((16,), 72)]
        dense = [((wide, settings.hidden), wide), ((settings.hidden,), wide)]
        return [*convolutions, *dense, ((settings.hidden, outputs), settings.hidden), ((outputs,), settings.hidden)]

    def features(self, x: Tensor) -> Tensor:
        """Penultimate features of each member's images, (M, N, hidden)."""
        first, first_bias, second, second_bias, weight, bias = self.parameters[:6]
        maps = []
        for m, images in enumerate(x):
            low = conv2d(images, first[m], first_bias[m], 2, 2).relu()
            maps.append(conv2d(low, second[m], second_bias[m], 2, 1).relu().flatten(1))
        return torch.baddbmm(bias[:, None], torch.stack(maps), weight).relu()


class Adam:
    """Adam with a learning rate for each member, falling linearly to zero."""

    def __init__(self, members: Members, rates: list[float], steps: int) -> None:
        self.members, self.steps, self.done = members, steps, 0
        self.rates = members.spread(rates)
        self.mean, self.square = torch.zeros_like(members.flat), torch.zeros_like(members.flat)

    @torch.no_grad()
    def step(self) -> None:
        """Apply the gradients, and clear them."""
        g = self.members.grad
        self.done += 1
        self.mean.mul_(0.9).add_(g, alpha=0.1)
        self.square.mul_(0.999).addcmul_(g, g, value=0.001)
        size = (self.square / (1 - 0.999**self.done)).sqrt_().add_(1e-8)
        fall = (1 - (self.done - 1) / self.steps) / (1 - 0.9**self.done)
        self.members.flat.sub_(self.mean.div(size).mul_(self.rates * fall))
        g.zero_()


class Training:
    """One run of an ensemble; after `run`, `history` holds the logits' metrics at every checkpoint."""

    def __init__(self, task: Task, loss: Loss, seeds: list[int], rates: list[float], settings: Settings) -> None:
        self.task, self.loss, self.seeds, self.settings = task, loss, seeds, settings
        self.train, self.validation, self.test = parts(task, seeds, settings)
        self.size = self.train.x.shape[1]
        self.batch = min(settings.batch, max(8, self.size // 16))
        self.per_epoch = self.size // self.batch
        self.epochs = max(1, round(settings.steps / self.per_epoch))
        self.head_start = max(settings.head_start_epochs, -(-settings.head_start_steps // self.per_epoch))
        kind = Members if task.x.ndim == 2 else ImageMembers
        self.members = kind(seeds, task.x.shape[1], task.num_classes, settings)
        self.adam = Adam(self.members, rates, self.epochs * self.per_epoch)
        self.guide = first_guide(seeds, task.num_classes)
        self.orders = [generator(seed, ORDER) for seed in seeds]

    def run(self, observe) -> None:
        """Train, and call `observe(self, epoch)` after every epoch that is a checkpoint; the last epoch is one."""
        count = min(self.settings.checkpoints, self.epochs)
        watched = {round(self.epochs * (k + 1) / count) for k in range(count)}
        for epoch in range(self.epochs):
            started = epoch >= self.head_start
            if started and self.loss.guided:
                self._guide(epoch)
            self._epoch(started)
            if epoch + 1 in watched:
                observe(self, epoch + 1)

    def _epoch(self, started: bool) -> None:
        rows = torch.as_tensor(np.stack([rng.permutation(self.size) for rng in self.orders]))
        member = torch.arange(len(self.seeds))[:, None]
        shuffled, labels = self.train.x[member, rows], self.train.y[member, rows]
        for k in range(self.per_epoch):
            chosen = slice(k * self.batch, (k + 1) * self.batch)
            x, y = shuffled[:, chosen], labels[:, chosen]
            z = self.members.logits(self.members.features(x))
            self.loss.each(z, y, self.guide, started).mean(1).sum().backward()
            self.adam.step()

    @torch.no_grad()
    def _guide(self, epoch: int) -> None:
        """Learn the ground distance again; at the end of the head start, also set the weight of the penalty."""
        features = self.members.features(self.train.x)
        if self.loss.guided == "learnt":
            self.guide.ground = learnt_ground(features, self.train.y, self.task.num_classes)
        elif self.loss.guided == "ordered":
            self.guide.ground = ordered_ground(len(self.seeds), self.task.num_classes)
        if epoch == self.head_start:
            z = self.members.logits(features)
            size = (self.loss.size or self.loss.penalty)(z, self.train.y, self.guide).double().mean(1)
            wanted = self.loss.share * xe(z, self.train.y, self.guide).double().mean(1)
            self.guide.weight = wanted / size.abs().clamp(min=1e-6)

    @torch.no_grad()
    def predict(self, part: Part) -> Tensor:
        """Return the logits of a part."""
        return self.members.logits(self.members.features(part.x))


def first_guide(seeds: list[int], num_classes: int) -> Guide:
    """Return a guide with the uniform ground distance, weights 0, and each member's shuffled order."""
    uniform = (1 - torch.eye(num_classes, dtype=torch.float64)).expand(len(seeds), -1, -1)
    orders = np.stack([generator(seed, SHUFFLE).permutation(num_classes) for seed in seeds])
    return Guide(uniform, torch.zeros(len(seeds), dtype=torch.float64), torch.as_tensor(orders))


def learnt_ground(features: Tensor, labels: Tensor, num_classes: int) -> Tensor:
    """Return the ranked distances between the centroids of each member's classes (specification, 6.6)."""
    return torch.as_tensor(np.stack([_ground(f, y, num_classes) for f, y in zip(features, labels, strict=True)]))


def _ground(features: Tensor, labels: Tensor, num_classes: int) -> np.ndarray:
    if not (features.isfinite().all() and features.any()):  # the network diverged or died
        return np.ones((num_classes, num_classes)) - np.eye(num_classes)
    return ClassCentroids(num_classes).update(features, labels, check=False).ground_distance().distances


def ordered_ground(members: int, num_classes: int) -> Tensor:
    """|i - j| / (C - 1) for every member."""
    x = torch.arange(num_classes, dtype=torch.float64)
    return ((x[:, None] - x[None, :]).abs() / max(num_classes - 1, 1)).expand(members, -1, -1)
