"""How the arrays of a case are passed: in another layout in memory, or with labels of another integer dtype.

A layout is an expression of its library: the code that a report prints is the code that ran.
"""

from emd_conformance._cases.case import LARGE, Case
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.template import names_in

ARRAYS_OF_SAMPLES = ("p", "t", "k")
OF_NUMPY = {
    "fortran": "np.asfortranarray({x})",
    "reversed": "{x}[..., ::-1].copy()[..., ::-1]",
    "strided": "np.repeat({x}, 2, -1)[..., ::2]",
    "part": "np.pad({x}, [(0, 0)] * ({x}.ndim - 1) + [(1, 1)])[..., 1:-1]",
    "broadcast": "np.broadcast_to({x}[:1], {x}.shape)",
}
OF_INVALID = {  # what 8.1 refuses, by the names of the arguments that are passed so
    "bool-labels": "k",
    "float-labels": "k",
    "integer-predictions": "p",
    "masked": "pt",
    "list": "pt",
}
LAYOUTS = {
    "numpy": OF_NUMPY
    | {
        "read-only": "np.broadcast_to({x}, {x}.shape)",
        "bool-labels": "{x}.astype(bool)",
        "float-labels": "{x}.astype(float)",
        "integer-predictions": "{x}.astype(int)",
        "masked": "np.ma.masked_array({x})",
        "list": "{x}.tolist()",
    },
    "jax": {
        "bool-labels": "{x}.astype(bool)",
        "float-labels": "{x}.astype(float)",
        "integer-predictions": "{x}.astype(int)",
    },
    "cupy": {name: text.replace("np.", "cp.") for name, text in OF_NUMPY.items()},
    "torch": {
        "fortran": "{x}.mT.contiguous().mT",
        "strided": "{x}.repeat_interleave(2, -1)[..., ::2]",
        "part": "torch.nn.functional.pad({x}, (1, 1))[..., 1:-1]",
        "broadcast": "{x}[:1].expand({x}.shape)",
        "bool-labels": "{x}.bool()",
        "float-labels": "{x}.double()",
        "integer-predictions": "{x}.long()",
    },
}
NARROW = ("int8", "int16", "int32", "uint8")
INTEGERS = {
    "numpy": (*NARROW, "uint16", "uint32", "uint64"),
    "cupy": (*NARROW, "uint16", "uint32", "uint64"),
    "jax": (*NARROW, "uint16", "uint32"),
    "torch": NARROW,  # of wider unsigned integers PyTorch has few functions
}
ALL_INTEGERS = frozenset(INTEGERS["numpy"])


def concerns(declared: Declaration, case: Case) -> bool:
    """Tell whether a case can show anything, in the declared library and for calls of one sample or of a batch.

    A case that shows nothing is not counted among those that were not examined.
    """
    if not declared.batched and len(case.predicted) > LARGE:  # one by one, its samples are not many
        return False
    if case.passed in ALL_INTEGERS:
        takes_labels = declared.takes_labels or "k" in names_in(declared.template)
        return takes_labels and case.passed in INTEGERS.get(declared.array, ())
    if case.passed in ("fortran", "broadcast") and not declared.batched:
        return False
    if case.passed == "broadcast" and declared.axis == 0:  # there, the first axis is not that of the samples
        return False
    return not case.passed or case.passed in LAYOUTS.get(declared.array, {})


def layout_of(name: str, dimensions: int, case: Case, declared: Declaration) -> str:
    """Return the expression that lays out an argument of this name, or an empty string if it stays as it was made."""
    if (
        name not in ARRAYS_OF_SAMPLES
        or not _is_passed_so(name, case, declared)
        or (case.passed == "fortran" and dimensions < 2)
        or not dimensions
    ):
        return ""
    if case.passed == "broadcast" and name not in _repeated(case):
        return ""
    if case.passed == "reversed" and name != "p":  # E stays the same if both p and t are reversed
        return ""
    return LAYOUTS.get(declared.array, {}).get(case.passed, "").format(x=name)


def _is_passed_so(name: str, case: Case, declared: Declaration) -> bool:
    names = OF_INVALID.get(case.passed, name)
    return name in names or (names == "k" and name == "t" and declared.takes_labels)


def holds(case: Case, label: int) -> bool:
    """Tell whether the dtype of the labels of a case holds a label."""
    dtype = label_dtype(case)
    bits = int(dtype.removeprefix("u").removeprefix("int"))
    return 0 <= label < 1 << bits if dtype.startswith("u") else -(1 << bits - 1) <= label < 1 << bits - 1


def label_dtype(case: Case) -> str:
    """Return the dtype of the labels of a case."""
    return case.passed if case.passed in ALL_INTEGERS else "int64"


def _repeated(case: Case) -> set[str]:
    """Return the names of the arguments whose samples are all alike."""
    rows = {"p": case.predicted, "t": case.target or case.labels, "k": case.labels}
    return {name for name, values in rows.items() if values is not None and len({*values}) == 1}
