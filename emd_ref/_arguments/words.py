"""Words that several error messages share."""

from typing import Any


def place(index: tuple[Any, ...]) -> str:
    """An index as it is written in Python, such as "[0, 2]"; empty for an array without axes."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def not_a_label(name: str, label: int, num_classes: int, where: tuple[int, ...] = ()) -> str:
    """The message for a label outside 0 .. C-1."""
    return (
        f"`{name}`{place(where)} is {label}: it must be a label from 0 to {num_classes - 1}, for {num_classes} classes"
    )
