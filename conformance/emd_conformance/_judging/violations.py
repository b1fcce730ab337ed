"""What a call may do besides answering, in words: for each id a message and a remedy (7.5)."""

from __future__ import annotations

MESSAGES = {
    "hang": ("it does not return", "look for a loop that this input never ends"),
    "crash": ("it ends its process with a signal", "run this case under a debugger; look for unchecked indices"),
    "memory": ("it asks for more memory than the limit allows", "look for a list or an array that only ever grows"),
    "exits": ("it ends the process that calls it", "raise an exception; leave exiting to the program"),
    "nondeterministic": (
        "two calls with the same input gave different answers",
        "look for randomness and counters",
    ),
    "state-between-calls": (
        "an answer depends on the calls before it",
        "look for a cache, or a global",
    ),
    "input-mutated": ("it changes the arrays that it is given", "it writes to its input: work on a copy"),
    "changes-numpy-state": ("it changes how NumPy treats floating-point errors", "use `with numpy.errstate(...)`"),
    "changes-random-state": ("it draws from, or seeds, a global random generator", "use a generator of its own"),
    "closes-stdin": ("it closes the standard input of the program", "close only what was opened"),
    "closes-stdout": ("it closes the standard output of the program", "close only what was opened"),
    "print-to-stdout": ("it prints while it computes", "remove the print"),
}
