"""A small case whose answers are known by hand, and callers whose answers are given: for tests of single functions.

D = (1/4, 1/4, 0), so that E = 1/8 and W1 = 1/2, with the free gradients (1, 1/2, 0) and (2, 1, 0).
"""

from functools import partial
from types import SimpleNamespace

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.load import elsewhere
from emd_conformance._cases.case import Case
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._diagnosis.evidence import Answered, Evidence
from emd_conformance._diagnosis.hypothesis import Inputs
from emd_conformance._judging.result import Result

P, T = (0.5, 0.25, 0.25), (0.25, 0.25, 0.5)
FORMATS = ("float64", "float32", "float16", "bfloat16")


def case(p=(P,), t=(T,), checksums=None, **changes):
    """A case, with changes of its fields."""
    plain = {"id": "small/case", "clauses": ("4.1",), "since": "1", "comment": "", "input": "probabilities"}
    plain |= {"dtypes": FORMATS, "predicted": tuple(p), "target": t, "labels": None, "classes": len(P)}
    made = Case(**(plain | changes))
    if checksums is not None:
        vars(made)["checksums"] = checksums
    return made


def labelled(*labels, **changes):
    """A case with these labels for targets, and with as many equal predictions."""
    return case(**({"p": (P,) * len(labels), "t": None, "labels": labels} | changes))


def sample(of=None, index=0, **options):
    """A sample of a case under a declaration."""
    of = of or case()
    return Sample(of, index, of.predicted[index], Declaration(**options))


def samples(of, **options):
    """All samples of a case."""
    return [sample(of, i, **options) for i in range(len(of.predicted))]


def reason(of, quantity="value", **options):
    """Why a case is not asked, or an empty string."""
    return obstacle(Declaration(**options), of, quantity)


def asked_unless(of, options, words, quantity="value"):
    """Assert that a case is not asked for a reason that begins with these words; without words, that it is."""
    found = reason(of, quantity, **options)
    assert found.startswith(words)
    assert bool(found) == bool(words)


def evidence(*answers, accuracy=1e-11):
    """Answers, each of which is clear and a probe."""
    return SimpleNamespace(probes=list(answers), clear=list(answers), accuracy=accuracy)


def told(answers, **options):
    """A caller that does not call, but returns or raises what is given for its methods."""
    caller = Caller(elsewhere, Declaration(**options))
    vars(caller).update({name: partial(_give, answer) for name, answer in answers.items()})
    return caller


def _give(answer, *asked, **options):
    if isinstance(answer, Exception):
        raise answer
    return answer(*asked) if callable(answer) else answer


def sized(classes, n=1, **changes):
    """A case of n samples of equal probabilities."""
    rows = ((1.0 / classes,) * classes,) * n
    return case(rows, rows, **({"classes": classes, "id": f"line/{classes}-{n}"} | changes))


def answered(received=(1.0,), of=None, status="fail", message="", *, options=None, **changes):
    """What was answered to a case under a declaration, or None for no answer."""
    of = of or case(**changes)
    received = None if received is None else list(received)
    inputs = Inputs(samples(of, **(options or {})), False)
    return Answered(of, inputs, Result(of.id, "value", status, message), received)


def answered_as(received, of=None, **options):
    """What was answered to a case under a declaration with these options."""
    return answered(received, of, options=options)


def gathered(*answers, **options):
    """The evidence that consists of these answers."""
    found = object.__new__(Evidence)
    found.caller, found.answers = told({}, **options), list(answers)
    return found
