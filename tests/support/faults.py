"""Invalid calls of a trainable loss, each with the words of its error, and what no message may hold.

`{p}` and `{t}` stand for what a loss calls its prediction and its target.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from emd_ref import GroundDistance, Ordered

N, C = 2, 3
Z = np.asarray([[0.5, -1.0, 2.0], [0.0, 1.0, 3.0]], np.float32)
K = np.asarray([0, 2])
P = np.asarray([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]], np.float32)
G = np.abs(np.subtract.outer(np.arange(3.0), np.arange(3.0)))
ONES = np.ones(C, np.float32)
PROBABLE = {"from_logits": False}
SCORES = "pass from_logits=True if these are scores before a softmax"
NAMES = re.compile(r"`(\w+)`")
OPTIONS = re.compile(r"\b(\w+)=")
REMEDIES = re.compile(r"\bmass_tolerance\b|\bignore_index\b|\bignore_class\b|\bsample_weight\b|\bfrom_logits\b")


class Fault(NamedTuple):
    """Prediction, target, options, and the words of the error."""

    predicted: np.ndarray
    target: np.ndarray
    options: dict[str, Any]
    words: str


def put(x: np.ndarray, place: Any, value: float) -> np.ndarray:
    x = x.copy()
    x[place] = value
    return x


FAULTS = {
    "integers": Fault(Z.astype(np.int32), K, {}, "`{p}` has dtype"),
    "labels (N, 1)": Fault(Z, K[:, None], {}, "an axis of length 1 is not dropped for you"),
    "other N": Fault(Z, np.asarray([0, 1, 2]), {}, "`{t}` has dtype"),
    "no axes": Fault(Z[0, 0], K[0], {}, "`{p}` has no axes: it needs at least one, for the classes"),
    "no classes": Fault(Z[:, :0], K, {}, "`{p}` has no classes: its shape (2, 0) is 0 along axis 1"),
    "label C": Fault(Z, put(K, 1, C), {}, "`{t}`[1] is 3: it must be a label from 0 to 2, for 3 classes"),
    "label -1": Fault(Z, put(K, 0, -1), {}, "`{t}`[0] is -1: it must be a label from 0 to 2"),
    "smoothed label": Fault(Z, put(K, 1, C), {"label_smoothing": 0.1}, "`{t}`[1] is 3: it must be a label"),
    "nan": Fault(put(Z, (0, 1), np.nan), K, {}, "`{p}`[0, 1] is nan: a logit must be a finite number"),
    "inf": Fault(put(Z, (0, 1), np.inf), K, {}, "`{p}`[0, 1] is inf: a logit must be a finite number"),
    "-inf": Fault(put(Z, 0, -np.inf), K, {}, "`{p}`[0, :] is -inf for every class"),
    "negative": Fault(put(P, (1, 0), -0.5), K, PROBABLE, "`{p}`[1, 0] is -0.5: probabilities must not be negative"),
    "negative scores": Fault(Z, K, PROBABLE, f"is -1.0: probabilities must not be negative ({SCORES})"),
    "mass": Fault(2 * P, K, PROBABLE, "`{p}`[0, :] sums to 2.0: it must sum to 1 within 1.06e-06: normalise it first"),
    "scores": Fault(2 * P, K, PROBABLE, f"normalise it first (or {SCORES})"),
    "nan probability": Fault(put(P, (1, 0), np.nan), K, PROBABLE, "`{p}`[1, 0] is nan: it must be finite"),
    "sum of target": Fault(Z, 2 * P, {}, "`{t}`[0, :] sums to 2.0: it must sum to 1 within 1.06e-06: normalise it"),
    "negative target": Fault(Z, put(P, (0, 0), -0.5), {}, "`{t}`[0, 0] is -0.5: probabilities must not be negative"),
    "nan in target": Fault(Z, put(P, (0, 0), np.nan), {}, "`{t}`[0, 0] is nan: it must be finite"),
    "reduction": Fault(Z, K, {"reduction": "average"}, "`reduction`"),
    "check": Fault(Z, K, {"check": "no"}, "`check` is 'no': it must be True or False"),
    "from_logits": Fault(Z, K, {"from_logits": None}, "`from_logits` is None: it must be True or False"),
    "ground": Fault(Z, K, {"ground": G}, "`ground` must be Ordered, Circular, Tree or GroundDistance, got ndarray"),
    "positions": Fault(Z, K, {"ground": Ordered([0, 1])}, "`ground` has 2 positions, but there are 3 classes"),
    "matrix": Fault(
        Z, K, {"ground": GroundDistance(G[:2, :2])}, "`ground` has a matrix of shape (2, 2), but there are"
    ),
    "asymmetric": Fault(Z, K, {"ground": GroundDistance(np.triu(G))}, "`ground`[0, 1] is 1.0: a ground distance must"),
    "ignore_index": Fault(Z, K, {"ignore_index": None}, "such as -100"),
    "ignore_class": Fault(Z, K, {"ignore_class": 1.5}, "it must be an integer; to ignore no label, pass None"),
    "sample_weight shape": Fault(
        Z, K, {"sample_weight": ONES}, "`sample_weight` has shape (3,): it must have shape (2,)"
    ),
    "sample_weight": Fault(
        Z, K, {"sample_weight": -ONES[:2]}, "`sample_weight`[0] is -1.0: weights must be finite and"
    ),
    "weight shape": Fault(
        Z, K, {"weight": ONES[:2]}, "`weight` has shape (2,): it must have shape (3,), with one weight"
    ),
    "weight list": Fault(Z, K, {"weight": [1, 2, 3]}, "`weight` is of list: it must be a"),
    "weight": Fault(Z, K, {"weight": -ONES}, "`weight`[0] is -1.0: weights must be finite and not negative"),
    "weight bool": Fault(Z, K, {"weight": ONES > 0}, "`weight` has dtype"),
    "weight number": Fault(Z, K, {"weight": 0.5}, "`weight` is 0.5: it must be a"),
    "weight one number": Fault(
        Z, K, {"weight": ONES[0:1].reshape(())}, "`weight` has shape (): it must have shape (C,)"
    ),
    "label_smoothing": Fault(Z, K, {"label_smoothing": 1.5}, "`label_smoothing` is 1.5: it must be from 0 to 1"),
    "negative smoothing": Fault(Z, K, {"label_smoothing": -0.5}, "`label_smoothing` is -0.5: it must be from 0 to 1"),
    "no smoothing": Fault(Z, K, {"label_smoothing": None}, "`label_smoothing` is None: it must be a real number"),
    "emd_weight array": Fault(Z, K, {"emd_weight": ONES}, "`emd_weight` has shape (3,): it must be one number; class"),
    "emd_weight list": Fault(Z, K, {"emd_weight": [1.0, 2.0]}, "`emd_weight` has shape (2,): it must be one number"),
    "emd_weight": Fault(Z, K, {"emd_weight": None}, "`emd_weight` is None: it must be a real number"),
    "emd_weight nan": Fault(Z, K, {"emd_weight": np.nan}, "`emd_weight` is nan: it must be a finite number"),
    "exponent": Fault(Z, K, {"exponent": 0}, "`exponent` is 0: it must be positive"),
    "bias": Fault(Z, K, {"bias": "a"}, "`bias` is 'a': it must be a real number"),
    "where": Fault(Z, K, {"where": np.ones((N, C), bool)}, "`where` has shape (2, 3): it must have shape (2,)"),
    "where of numbers": Fault(Z, K, {"where": ONES[:2]}, "`where` has dtype float32: it must be an array of bool"),
    "axis": Fault(Z, K, {"axis": 5}, "`axis` is 5, but `{p}` has 2 axes"),
}
OF_LABELS = {
    "one-hot": Fault(Z, P, {}, "it must hold integer labels of shape (2,); for one-hots, pass"),
    "one-hot integers": Fault(
        Z, P.astype(int), {}, "labels of shape (2,); for one-hots, pass their argmax along axis 1"
    ),
}
SOFT = {name for name, fault in FAULTS.items() if fault.target.dtype.kind == "f"}


def parameters_of(*functions: Callable[..., Any]) -> set[str]:
    return {name for f in functions for name in inspect.signature(f).parameters}


def strangers(message: str, own: set[str], others: Iterable[str] = ()) -> set[str]:
    """Names of arguments in a message that the loss does not have."""
    return {*NAMES.findall(message), *OPTIONS.findall(message), *REMEDIES.findall(message)} - own - {*others}


def faults_for(own: set[str], labels_only: bool) -> dict[str, Fault]:
    """The faults that a loss with these parameters can have."""
    table = {name: fault for name, fault in FAULTS.items() if not labels_only or name not in SOFT}
    table |= OF_LABELS if labels_only else {}
    return {name: fault for name, fault in table.items() if {*fault.options} <= own}
