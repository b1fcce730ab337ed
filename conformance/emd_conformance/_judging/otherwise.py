"""The same input asked in another way: without a record for a gradient, or in arrays that held other rows (7.5)."""

from collections.abc import Callable

from emd_conformance._calling.answers import Want
from emd_conformance._calling.caller import Caller
from emd_conformance._calling.contained import described
from emd_conformance._calling.watch import NotAskedError
from emd_conformance._cases.case import Case

MANY = 5  # rows and classes: what depends on the way shows in few
WRITABLE = ("numpy", "cupy", "torch")  # libraries whose arrays can be filled anew


def _can_be_recorded(caller: Caller) -> bool:
    return caller.declared.array == "torch" and caller.declared.grad == "autograd"


def _can_be_refilled(caller: Caller) -> bool:
    known = caller.declared
    writable = known.array in WRITABLE and "input-mutated" not in caller.seen.noted
    return caller.takes_arrays and known.batched and writable


WAYS: dict[Want, tuple[Callable[[Caller], bool], str, str]] = {  # where it can be asked, the finding, and its message
    "unrecorded": (
        _can_be_recorded,
        "recording-dependent",
        "the same input got another answer under torch.no_grad() (7.5)",
    ),
    "refilled": (
        _can_be_refilled,
        "state-between-calls",
        "the same input got another answer in arrays that held other numbers (7.5)",
    ),
}


def asked_otherwise(caller: Caller, case: Case, before: str) -> tuple[str, str] | None:
    """Return a message and the answer if one of these ways changes the answer to a small case; note the finding."""
    if not 1 < len(case.predicted) <= MANY >= case.classes or case.passed:
        return None
    for want, (can_be_asked, id, message) in WAYS.items():
        if not can_be_asked(caller):
            continue
        try:
            answer = repr(caller.repeated(case, want))
        except NotAskedError:
            continue
        except Exception as error:  # the earlier call returned, so an error is a different answer
            answer = described(error)
        if answer != before:
            caller.seen.note(id, case.id)
            return message, answer
    return None
