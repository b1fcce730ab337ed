"""What a call must not do besides answering (7.5): one sentence for each id, as the message of a failed check.

The findings add a remedy to each, in `_diagnosis/catalogue.py`.
"""

MESSAGES = {
    "hang": "the call does not return",
    "crash": "the call ends its process with a signal",
    "memory": "the call needs more memory than the limit allows",
    "exits": "the call ends the process that it runs in",
    "nondeterministic": "two calls with the same input gave different answers",
    "state-between-calls": "the answer depends on the calls before it",
    "input-mutated": "the call changes its input arrays",
    "changes-numpy-state": "the call changes how NumPy treats floating-point errors",
    "changes-random-state": "the call draws from, or seeds, a global random generator",
    "closes-stdin": "the call closes the standard input of the program",
    "closes-stdout": "the call closes the standard output of the program",
    "print-to-stdout": "the call prints",
}
