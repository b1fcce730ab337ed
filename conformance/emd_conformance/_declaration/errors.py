"""The two ways in which a run cannot begin."""

from __future__ import annotations


class DeclarationError(ValueError):
    """An option of a declaration is not understood."""


class HarnessError(RuntimeError):
    """The implementation could not be loaded, or the arrays that it wants are not installed."""
