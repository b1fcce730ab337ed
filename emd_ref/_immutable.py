"""Immutable objects, without the 13 ms that importing `dataclasses` would add to `import emd_ref`."""

from typing import Any


class Immutable:
    """An object whose fields are set once, in `__init__`, by `vars(self).update(...)`."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed: make a new one instead of setting `{name}`")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed: `{name}` cannot be deleted")

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({fields})"


class Value(Immutable):
    """An immutable object that is equal to every other one of its class with the same fields."""

    def __eq__(self, other: object) -> Any:
        return vars(self) == vars(other) if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))
