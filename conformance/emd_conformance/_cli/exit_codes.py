"""The exit codes of the command line."""

from __future__ import annotations

CONFORMS, DOES_NOT, USAGE, BUG, BROKEN, NOTHING, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
EXIT_CODES = "exit codes: 0 conforms, 1 does not, 2 usage, 3 a bug of the suite, 4 not loadable, 5 nothing ran"
