"""The stages in which the values of a loss are explained, and the findings that come of them."""

from types import SimpleNamespace

import pytest
from emd_conformance import Declaration
from emd_conformance._diagnosis import values
from emd_conformance._diagnosis.catalogue import CATALOGUE
from emd_conformance._diagnosis.evidence import Support
from emd_conformance._diagnosis.hypothesis import Change, declared
from emd_conformance._diagnosis.otherwise import Trial
from emd_conformance._diagnosis.values import _finding, _imprecise, _joined, _size, _weighted
from emd_conformance._judging.result import Result
from small import told

RIGHT = Support(9, ())
SENTENCE = "this reproduces all 9 answers"


def guess(*names):
    return SimpleNamespace(changes=tuple(Change(name, {}) for name in names))


def evidence(failed=True, probes=3, accuracy=1e-11, sums=None, **options):
    some = [SimpleNamespace(result=SimpleNamespace(failed=failed))] * probes
    caller = told({}, **options)
    return SimpleNamespace(caller=caller, probes=some, accuracy=accuracy, unit=2.0**-53, summed=lambda: sums)


@pytest.fixture
def staged(monkeypatch):
    """Stages that say their names, and find something where `at` says so."""
    log = []
    plan = SimpleNamespace(log=log, at=None, only_digits_after=None, best=None)

    def stage(name):
        log.append(name)
        return f"found at {name}" if name == plan.at else None

    class Search:
        def __init__(self, evidence):
            self.best = plan.best

        @property
        def only_digits(self):
            return log[-1] == plan.only_digits_after

    def imprecise(evidence, guesses, *formats):
        guesses = guesses if isinstance(guesses, str) else [*guesses]
        plain = "base" if guesses == [declared(evidence.caller.declared)] else guesses
        return stage(f"{plain} in {' or '.join(formats)}")

    def of(search, guesses, results):
        return stage(guesses if isinstance(guesses, str) else f"{len([*guesses])} declared")

    monkeypatch.setattr(values, "Search", Search)
    monkeypatch.setattr(values, "_of", of)
    monkeypatch.setattr(values, "_single", lambda *given: iter(["single 1", "single 2"]))
    monkeypatch.setattr(values, "_double", lambda *given: iter(["double"]))
    monkeypatch.setattr(values, "_conventions", lambda *given: "conventions")
    monkeypatch.setattr(values, "_imprecise", imprecise)
    monkeypatch.setattr(values, "_weighted", lambda evidence: "weights")
    monkeypatch.setattr(values, "_finding", lambda evidence, *given: ("best", *given))
    return plan


STAGES = [
    *("single 1", "single 2", "base in float32", "double", "conventions in float32"),
    "base in float16 or bfloat16",
]


def test_few_changes_come_first_and_lost_digits_between(staged):
    assert values.explain_values(evidence(), []) == "weights"
    assert staged.log == STAGES
    for i, name in enumerate(STAGES):
        staged.log.clear()
        staged.at = name
        assert values.explain_values(evidence(), []) == f"found at {name}"
        assert staged.log == STAGES[: i + 1]


def test_where_digits_alone_differ_no_further_stage_is_tried(staged):
    staged.only_digits_after, staged.best = "single 2", ("guess", "support")
    assert values.explain_values(evidence(), ["results"]) == ("best", "guess", "support", ["results"])
    assert staged.log == STAGES[:2]
    staged.best = None
    assert values.explain_values(evidence(), []) == "weights"


def test_where_special_cases_alone_fail_nothing_but_the_declaration_is_tried(staged):
    assert values.explain_values(evidence(failed=False), []) is None
    assert staged.log == ["1 declared", "base in float32"]
    staged.log.clear()
    staged.at = "1 declared"
    assert values.explain_values(evidence(failed=False), []) == "found at 1 declared"
    assert len(staged.log) == 1
    some = evidence()
    some.probes = [*evidence(failed=False).probes, *some.probes[:1]]
    staged.at = "double"
    assert values.explain_values(some, []) == "found at double"


def test_fewer_than_three_answers_show_nothing(staged):
    assert values.explain_values(evidence(probes=2), []) is None
    assert staged.log == []
    assert values.explain_values(evidence(probes=3), []) == "weights"


def test_answers_that_are_right_once_summed_are_not_summed(staged):
    staged.at = "1 declared"
    found = SimpleNamespace(id="wrong-axis", message="something else")
    of_sums = evidence(probes=5)
    original = values.explain_values

    def inner(known, results):
        assert known is of_sums
        assert results == ["results"]
        return found

    def explained():
        values.explain_values = inner
        try:
            return original(evidence(sums=of_sums), ["results"])
        finally:
            values.explain_values = original

    headline = CATALOGUE["not-summed"].headline
    assert explained().message == f"{headline}; of their sums: something else"
    found.id = "wrong-shape"
    assert explained().message == f"{headline}; their sums are right"
    assert explained().id == "not-summed"
    found = None
    assert explained() == "weights"
    assert original(evidence(), []) == "weights"


@pytest.fixture
def weights(monkeypatch):
    found = [(C, [1.0] * (C - 1), 7) for C in (3, 4, 5, 6)]
    monkeypatch.setattr(values, "solved", lambda evidence: found)
    monkeypatch.setattr(values, "shown", lambda weights, accuracy: f"{len(weights)} to {accuracy}")
    return found


def test_weights_of_the_classes_are_shown_for_three_numbers_of_classes(weights):
    found = _weighted(evidence())
    assert found.id == "class-weights"
    said = [f"for C = {C} they are {C - 1} to 1e-11 (in all 7 values)" for C in (3, 4, 5)]
    assert found.message.endswith(f"{'; '.join(said)}; for other C they were not determined")
    assert "C = 6" not in found.message
    weights.clear()
    assert _weighted(evidence()) is None


def test_weights_need_digits_and_the_line_and_probabilities(weights):
    assert _weighted(evidence(accuracy=values.FINE))
    assert _weighted(evidence(accuracy=values.FINE * 1.01)) is None
    assert _weighted(evidence(ground="circle")) is None
    assert _weighted(evidence(input="cdf"))
    for input in ("cumulative", "cumulative-logits"):
        assert _weighted(evidence(input=input)) is None


def messages(names, support=RIGHT, results=(), trial=None, monkeypatch=None, **options):
    asked = []
    if monkeypatch:
        monkeypatch.setattr(values, "tried", lambda *given: asked.append(given) or trial)
    known = evidence(**options)
    found = _finding(known, guess(*names), support, results)
    if monkeypatch:
        assert [caller for caller, _ in asked] == [known.caller]
    return found, [changes for _, changes in asked]


def test_the_declaration_itself_explains_lost_digits_or_a_shape():
    shape, other = Result("a", "value", "error", "it returned (3,)"), Result("a", "value", "fail", "it is off")
    passed = Result("a", "value", "skip", "it returned (3,)")
    for results, id in (([shape], "wrong-shape"), ([other, shape], "wrong-shape"), ([other], "low-precision")):
        found, _ = messages([], results=results)
        assert found.id == id
        assert found.message == f"{CATALOGUE[id].headline}; {SENTENCE}"
    assert messages([], results=[passed])[0].id == messages([])[0].id == "low-precision"
    inside = Result("a", "value", "error", "where it returned (3,)")
    assert messages([], results=[inside])[0].id == "low-precision"


def test_a_defect_is_named_with_the_conventions_that_it_comes_with():
    headline = CATALOGUE["wrong-axis"].headline
    assert messages(["wrong-axis"])[0].message == f"{headline}; {SENTENCE}"
    names = ["computes='E/2'", "wrong-axis", "target='labels', wrapping", "computes='E/C'"]
    found, _ = messages(names)
    assert (found.id, found.kind) == ("wrong-axis", "defect")
    assert found.message == f"{headline}; with target='labels', computes='E/C', {SENTENCE}"


def test_a_convention_says_which_checks_pass_with_it_declared(monkeypatch):
    names = ["computes='E'", "reduction='mean'", "computes='E/C'"]
    found, asked = messages(names, trial=Trial(3, (), True), monkeypatch=monkeypatch)
    assert asked == [{"reduction": "mean", "computes": "E/C"}]
    assert (found.kind, found.id) == ("convention", "reduction='mean', computes='E/C'")
    assert found.message.endswith(f"; {SENTENCE}; with this declared, all 3 checks pass")
    found, _ = messages(names, trial=Trial(2, (), True), monkeypatch=monkeypatch)
    assert found.message.endswith(f"; {SENTENCE}")


def test_an_unusual_factor_of_a_plain_distance_is_a_constant_factor(monkeypatch):
    name, trial = "computes='3*E'", Trial(3, (), True)
    found, _ = messages([name], trial=trial, monkeypatch=monkeypatch)
    assert found.id == "constant-factor"
    note = f"every answer is 3 times the right one; {SENTENCE}; with {name} declared, all 3 checks pass"
    assert found.message == f"{CATALOGUE['constant-factor'].headline}; {note}"
    found, _ = messages([name], trial=trial, monkeypatch=monkeypatch, computes="W1")
    assert (found.kind, found.id) == ("convention", name)
    found, _ = messages(["computes='E/C'"], trial=trial, monkeypatch=monkeypatch)
    assert found.id == "computes='E/C'"


def size(change, wrong=(), unit=2.0**-53):
    asked = []
    known = SimpleNamespace(unit=unit, support=lambda *given: asked.append(given) or Support(9, wrong))
    text = _size(known, declared(Declaration()), change)
    return text, [(other.coupled, slack.unit, patience) for other, slack, patience in asked]


def test_a_size_is_certain_if_twice_the_size_explains_less():
    plain, doubled = Change("a", {}, "by 2"), Change("a", {}, "by 2", doubled={"coupled": True})
    assert size(plain) == ("by 2", [])
    assert size(doubled, ("an answer",)) == ("by 2", [(True, 2.0**-53, 0.0)])
    assert size(doubled) == ("by 2 (or another number: the answers do not tell)", [(True, 2.0**-53, 0.0)])
    solved = Change("a", {}, "by 2", True, {"coupled": True})
    assert [unit for _, unit, _ in size(solved)[1] + size(solved, unit=0.5)[1]] == [values.SOLVED, 0.5]


def test_the_size_of_a_defect_is_said(monkeypatch):
    monkeypatch.setattr(values, "_size", lambda evidence, guess, change: f"size of {change.name}")
    found, _ = messages(["computes='E/2'", "wrong-axis", "flattened"])
    assert found.message.startswith(f"{CATALOGUE['wrong-axis'].headline} size of wrong-axis; with computes")


def test_names_are_joined_once_each_and_without_how_labels_wrap():
    assert _joined(guess(), "a note") == "a note"
    names = "target='labels', wrapping", "wrong-axis", "wrong-axis"
    assert _joined(guess(*names), "a note") == "with target='labels', wrong-axis, a note"


@pytest.fixture
def narrow(monkeypatch):
    plan = SimpleNamespace(n=2, rounded=lambda guess: False, narrower=lambda guess: None, formats=[])
    monkeypatch.setattr(values, "decimals", lambda evidence: plan.n)
    monkeypatch.setattr(values, "rounded_to", lambda evidence, guess, n: n == plan.n and plan.rounded(guess))

    def narrower(evidence, guess, *formats):
        plan.formats.append(formats)
        return plan.narrower(guess)

    monkeypatch.setattr(values, "narrower", narrower)
    monkeypatch.setattr(values, "_explains_failures", lambda evidence, support: support.right == 9)
    return plan


def test_answers_are_rounded_to_decimals_or_computed_in_a_narrower_format(narrow):
    headline, guesses = CATALOGUE["low-precision"].headline, [guess(), guess("computes='E/C'")]
    assert _imprecise(evidence(), guesses, "float32") is None
    assert narrow.formats == [("float32",)] * 2
    narrow.rounded = lambda guess: bool(guess.changes)
    found = _imprecise(evidence(), guesses, "float32")
    assert (found.id, found.message) == (
        "low-precision",
        f"{headline}; with computes='E/C', its answers are rounded to 2 decimals",
    )
    narrow.n = 0
    assert "rounded to 0 decimals" in _imprecise(evidence(), guesses).message
    narrow.n = None
    narrow.rounded = lambda guess: True
    assert _imprecise(evidence(), guesses) is None
    narrow.narrower = lambda guess: ("float16", Support(9, ()))
    wanted = f"{headline}; the errors are as large as those of float16; {SENTENCE}"
    assert _imprecise(evidence(), guesses, "float16", "bfloat16").message == wanted
    narrow.narrower = lambda guess: ("float16", Support(8, ()))
    assert _imprecise(evidence(), guesses, "float16") is None
