"""The cases that can be asked under a declaration, and the reasons that exclude the others."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import inf, isfinite

from emd_conformance._bounds.precision import PRECISIONS
from emd_conformance._cases.case import Case, Quantity, Row
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.expression import NAMES
from emd_conformance._declaration.forms import Form, has_form
from emd_conformance._declaration.layouts import concerns, holds
from emd_conformance._declaration.template import indexed_in, names_in
from emd_conformance._declaration.weighting import is_ignored, weight
from emd_conformance._exact.grounds import distances, largest_distance
from emd_conformance._exact.interval import enclose
from emd_conformance._exact.numbers import one_hot
from emd_conformance._exact.ordinal import OUTPUTS

LARGEST_MATRIX = 100  # the exact distances of more classes take longer than all other checks
LARGEST_PROGRAMME = 10  # classes of an exact linear programme


def obstacle(declared: Declaration, case: Case, quantity: Quantity) -> str:
    """Return why a case cannot be asked under this declaration, or an empty string."""
    checks = [
        _input_obstacle,
        _target_obstacle,
        _ground_obstacle,
        _need_obstacle,
        _parameter_obstacle,
        _weight_obstacle,
    ]
    if quantity != "rejection":
        checks.append(_expression_obstacle)
    if quantity == "gradient":
        checks.append(_gradient_obstacle)
    return next((reason for check in checks if (reason := check(declared, case))), "")


def _input_obstacle(declared: Declaration, case: Case) -> str:
    kind = declared.input if declared.input in ("logits", *OUTPUTS) else "probabilities"
    if case.input != kind:
        return f"its input is {case.input}"
    if "may-hang" in case.flags and not declared.validates:
        return "it can make an implementation hang, and this one does not claim to validate"
    if declared.classes is not None and case.classes not in declared.classes:
        return "its number of classes was not declared"
    if case.input == "probabilities" and declared.dtype not in case.dtypes:
        return f"its numbers are not exact in {declared.dtype}"
    if (2 * case.classes + 8) * declared.precision.unit >= 0.5:
        return f"the error bound for {case.classes} classes in {declared.dtype} is too wide to be of use"
    if declared.input == "log-probabilities" and any(x <= 0 for row in case.predicted for x in row):
        return "the logarithm of its input is not finite"
    return _form_obstacle(declared, declared.form, case, case.predicted)


def _form_obstacle(declared: Declaration, form: Form, case: Case, rows: Sequence[Row]) -> str:
    if form == "probabilities":
        return ""
    if "rounded-mass" in case.flags:
        return "its sums are not exactly 1"
    words = "a CDF" if form == "cdf" else "exceedance probabilities"
    if case.invalid:
        return f"its input is invalid as probabilities, and has no form as {words}"
    if case.classes == 1 and form == "cumulative":
        return "one class has no exceedance probability"
    exact = all(has_form(form, row, declared.dtype) for row in rows)
    return "" if exact else f"its numbers are not exact as {words} in {declared.dtype}"


def _target_obstacle(declared: Declaration, case: Case) -> str:
    if declared.takes_labels and case.labels is None:
        return "its target is a distribution"
    if case.labels is None and "k" in names_in(declared.template):
        return "its target is a distribution"
    if case.invalid and indexed_in(declared.template):
        return "its input is invalid, and the call uses an input as an index"
    if case.invalid and not declared.takes_labels and case.target is None:
        return "its target is a label"
    return "" if declared.takes_labels else _form_obstacle(declared, declared.target_form, case, case.target or ())


def _ground_obstacle(declared: Declaration, case: Case) -> str:
    kind = case.ground.kind
    if declared.ground == "matrix":
        fits = case.classes <= LARGEST_MATRIX and _exact_matrix(case)
    elif declared.ground == "positions" and kind == "line":
        fits = "off-simplex" not in case.needs  # unequal masses add a term for unit spacing only (4.7)
    else:
        fits = kind == declared.ground
    if "rounded-mass" in case.flags:  # other forms of its ground distance are another function of such sums
        fits = kind == declared.ground
    return "" if fits else "it needs another ground distance"


@cache
def _exact_matrix(case: Case) -> bool:
    """Tell whether all distances are floating-point numbers; a sum of edge lengths need not be one."""
    if case.invalid:
        return case.ground.kind in ("line", "matrix")
    largest = Fraction(PRECISIONS["float64"].largest)
    return all(x <= largest and Fraction(float(x)) == x for row in distances(case.ground, case.classes) for x in row)


def _need_obstacle(declared: Declaration, case: Case) -> str:
    missing = [need for need in case.needs if need not in declared.capabilities]
    if missing:
        return f"it needs the capability {missing[0]}"
    if "off-simplex" in case.needs and declared.ground not in ("line", "positions"):
        return f"unequal masses are invalid for ground={declared.ground!r}"  # 4.7
    if not declared.batched and (case.shape or not case.predicted):
        return "its batch cannot be asked one sample a call"
    if not concerns(declared, case):
        return f"array={declared.array!r} has nothing to pass as {case.passed}"
    return "an empty batch has no mean" if not case.predicted and "mean" in declared.reduction else ""


def _weight_obstacle(declared: Declaration, case: Case) -> str:
    if not declared.weighted:
        return ""
    if "class_weight" in declared.weighted and not declared.takes_labels:
        return "its target is a distribution, and class_weight is specified for labels"
    if case.invalid:
        return ""
    if "overflow" in case.flags:
        return "its value may be infinite, which has no product with a weight"
    if declared.ignore_index is not None and not holds(case, declared.ignore_index):
        return f"the dtype of its labels does not hold {declared.ignore_index}"
    samples = range(len(case.predicted))
    if declared.reduction == "weighted-mean" and not sum(weight(declared, case, i) for i in samples):
        return "its weights are all 0, and it has no weighted mean"
    if declared.reduction == "mean" and all(is_ignored(declared, case, i) for i in samples):
        return "all of its labels are ignored, and it has no mean"
    return ""


def _parameter_obstacle(declared: Declaration, case: Case) -> str:
    """A loss has one exponent, bias and weight, unless it takes them as arguments."""
    if case.invalid:
        return ""
    names = declared.expression.names | declared.expression.parameters
    changed = {"exponent": case.exponent != 1, "bias": case.bias != 0, "weight": case.weight != 1}
    used = {"exponent": "R" in names, "bias": "R" in names, "weight": "weight" in names}
    fixed = [name for name, x in changed.items() if x and used[name] and name not in declared.template]
    return f"its {fixed[0]} is not an argument of the call" if fixed else ""


def _expression_obstacle(declared: Declaration, case: Case) -> str:
    if "rounded-mass" in case.flags and "W1" in declared.expression.names:
        return "its masses differ, so that it has no EMD"
    if "large-size" in case.flags and declared.expression.names != {"E"}:
        return "it is large, and states E alone"
    if "range" in declared.expression.parameters and _range(declared, case) > Fraction(declared.precision.largest):
        return f"its range is beyond {declared.dtype}"
    if not _defined(declared, case):
        return "the expression divides by 0 for its number of classes"
    if case.input in OUTPUTS and declared.expression.names != {"E"}:
        return "only E is specified for the outputs of ordinal models"  # 1.9
    if "off-simplex" in case.needs and declared.expression.names != {"E"}:
        return "its masses differ, and only E is specified there"  # 4.7
    if "XE" in declared.expression.names and not declared.takes_labels and _infinite_logits(case):
        return "a logit of -inf times a target of 0 has no value in all libraries"  # 6.1
    if "W1" in declared.expression.names and not _has_emd(declared, case):
        return "its exact EMD takes too long: a linear programme, or unequal masses"
    return ""


def _infinite_logits(case: Case) -> bool:
    return case.input == "logits" and any(x == -inf for row in case.predicted for x in row)


def _has_emd(declared: Declaration, case: Case) -> bool:
    """Tell whether the EMD is stated, or has a closed form, or a small linear programme of equal masses."""
    if declared.ground != "matrix" or ("W1" in case.expected and declared.input != "log-probabilities"):
        return True
    return case.input == "logits" and case.classes <= LARGEST_PROGRAMME and _balanced(case)


def _balanced(case: Case) -> bool:
    return all(sum(map(Fraction, row)) == 1 for row in case.target or ())


def _range(declared: Declaration, case: Case) -> Fraction:
    return largest_distance(declared.ground_of(case), case.classes)


def _defined(declared: Declaration, case: Case) -> bool:
    parameters = {"C": Fraction(case.classes), "weight": Fraction(1)}
    if "range" in declared.expression.parameters:
        parameters["range"] = _range(declared, case)
    try:
        declared.expression.evaluate(dict.fromkeys(NAMES, enclose(1)), parameters)
    except ZeroDivisionError:
        return False
    return True


def _gradient_obstacle(declared: Declaration, case: Case) -> str:
    if declared.grad is None:
        return "no gradient was declared"
    if not case.predicted or "overflow" in case.flags or ("large-size" in case.flags and not case.gradient):
        return "it has no gradient"
    if "XE" in declared.expression.names and not _has_finite_slopes(declared, case):
        return "its cross-entropy has no finite gradient"
    return ""


def _has_finite_slopes(declared: Declaration, case: Case) -> bool:
    """Tell whether the cross-entropy of each sample is finite, and the slopes t_j / p_j are within the format."""
    counted = [x for i, row in enumerate(case.predicted) for x, t_j in zip(row, _target(case, i), strict=True) if t_j]
    if case.input == "logits" or declared.input == "log-probabilities":
        return all(map(isfinite, counted))
    return min(counted) * declared.precision.largest >= 2**10


def _target(case: Case, index: int) -> Sequence[float]:
    if case.target is not None:
        return case.target[index]
    k = case.labels[index] if case.labels is not None else -1
    return one_hot(k, case.classes)
