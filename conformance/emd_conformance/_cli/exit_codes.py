"""The exit codes of the command line."""

CONFORMS, DOES_NOT, USAGE, BUG, BROKEN, INTERRUPTED = 0, 1, 2, 3, 4, 130
EXIT_CODES = (
    "exit codes: 0 conforms, 1 does not, 2 usage, 3 bug of the suite, 4 cannot be loaded or called, 5 nothing ran"
)
