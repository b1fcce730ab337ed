"""The table of wrong and right losses, which the decorators `wrong` and `right` fill."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeAlias, cast

from emd_conformance._declaration.declaration import Options

Array: TypeAlias = Any  # NumPy's or torch's
Loss: TypeAlias = Callable[..., Any]
Path: TypeAlias = Literal["callable", "parametrize", "string", "command"]
Accuracy: TypeAlias = Literal["full", "fewer digits"]
PATHS: tuple[Path, ...] = ("callable", "parametrize", "string", "command")
REPORTS: tuple[Path, ...] = ("callable", "string", "command")


@dataclass(frozen=True)
class Entry:
    """A loss, and its declaration."""

    loss: Loss
    module: str
    attribute: str
    declares: dict[str, Any] = field(kw_only=True)

    @property
    def target(self) -> str:
        """The target for `emd-conformance run`."""
        return f"{self.module}:{self.attribute}"

    @property
    def options(self) -> Options:
        """The declaration as options of `run`."""
        return cast(Options, self.declares)

    @property
    def independent(self) -> bool:
        """Whether its author knew the specification alone, and not how the suite finds defects."""
        return self.module.rsplit(".")[-1].startswith("independent_")

    @property
    def id(self) -> str:
        """A short name, of the module, the attribute and the declaration."""
        options = ", ".join(f"{name}={value}" for name, value in self.declares.items())
        return f"{self.module.rsplit('.')[-1]}.{self.attribute}" + (f"[{options}]" if options else "")


@dataclass(frozen=True)
class Defect(Entry):
    """A wrong loss, and the finding that the suite must report.

    Advice does not change the verdict: it is in the report, but no test of `parametrize` fails. An `isolated` defect
    (a crash, a hang) would end the suite, so it is examined in a process of its own.
    """

    finding: str
    advice: bool = False
    isolated: bool = False

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths on which the suite can catch it."""
        if self.isolated:
            return ("string",)
        return REPORTS if self.advice else PATHS


@dataclass(frozen=True)
class Variant(Entry):
    """A right loss, which must conform: with full accuracy (within the scan bound), or with fewer digits."""

    accuracy: Accuracy = "full"


REGISTER: list[Entry] = []


class Differentiable:
    """A loss that has a gradient as the attribute `grad`."""

    def __init__(self, value: Loss, grad: Loss) -> None:
        self.value, self.grad, self.__name__ = value, grad, grad.__name__

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self.value(*arguments, **options)


def wrong(
    finding: str, *, of: Loss | None = None, advice: bool = False, isolated: bool = False, **declares: Any
) -> Callable[[Loss], Loss]:
    """Register a wrong loss or, with `of`, a wrong gradient of a right loss."""
    return _registering(partial(Defect, finding=finding, advice=advice, isolated=isolated), of, declares)


def right(accuracy: Accuracy = "full", *, of: Loss | None = None, **declares: Any) -> Callable[[Loss], Loss]:
    """Register a right loss or, with `of`, its right gradient."""
    return _registering(partial(Variant, accuracy=accuracy), of, declares)


def _registering(entry: Callable[..., Entry], of: Loss | None, declares: dict[str, Any]) -> Callable[[Loss], Loss]:
    def register(function: Loss) -> Loss:
        loss, gradient = (function, {}) if of is None else (Differentiable(of, function), {"grad": "grad"})
        REGISTER.append(entry(loss, function.__module__, function.__name__, declares=declares | gradient))
        return loss

    return register
