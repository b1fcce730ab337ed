"""What a diagnosis consists of: side effects, then values or gradients, then rejections and advice."""

from types import SimpleNamespace

import pytest
from emd_conformance._calling.watch import Observations
from emd_conformance._diagnosis import diagnose as module
from emd_conformance._diagnosis.catalogue import CATALOGUE, finding
from emd_conformance._diagnosis.diagnose import UNWRITABLE, _always_the_same, _answers, _unexplained, _values, diagnose
from emd_conformance._judging.result import Result
from small import answered, case, gathered, sized, told

A, B = sized(3, 2), sized(4, 2)


def failing(one, quantity="value", status="fail"):
    return Result(one.id, quantity, status, "it is off")


@pytest.fixture
def asked(monkeypatch):
    """What the parts of a diagnosis were asked."""
    log = SimpleNamespace(separated=None, answers=None)

    def separate(caller, cases):
        log.separated = [one.id for one in cases]

    def answers(caller, known, cases, results):
        log.known = [one.id for one in known]
        log.answers = [one.id for one in cases], [(result.case, result.quantity) for result in results]
        return [finding("one-class")]

    def effects(seen, cases, *, validates):
        log.effects = len(cases), validates
        return [finding(id) for id in seen.noted]

    monkeypatch.setattr(module, "separate_chance_from_memory", separate)
    monkeypatch.setattr(module, "side_effects", effects)
    monkeypatch.setattr(module, "_answers", answers)
    return log


EMPTY, INVALID = case((), (), classes=3, id="line/empty"), case(id="line/invalid", invalid="NaN")
PASSED = [case(id=f"layout/{name}", passed=name) for name in ("read-only", "broadcast", "reversed")]
CASES = [A, EMPTY, INVALID, *PASSED]
RESULTS = [*map(failing, (A, EMPTY, *PASSED)), Result(INVALID.id, "rejection", "skip")]


def diagnosed(noted, results=RESULTS, **options):
    caller = told({}, **options)
    vars(caller)["seen"] = Observations({id: dict.fromkeys(cases, "") for id, cases in noted.items()})
    return [found.id for found in diagnose(caller, CASES, results)]


def test_answers_are_explained_of_valid_cases_with_samples(asked):
    assert diagnosed({}) == ["one-class"]
    plain = [A.id, *(one.id for one in PASSED)]
    assert asked.separated == plain
    assert asked.answers == (plain, [(result.case, result.quantity) for result in RESULTS])
    assert asked.known == [one.id for one in CASES]
    assert asked.effects == (6, False)
    diagnosed({}, validates=True)
    assert asked.effects == (6, True)


def test_side_effects_come_first_and_explain_the_answers_of_their_cases(asked):
    assert diagnosed({"result-shared": [A.id], "closes-stdin": [PASSED[0].id]}) == [
        *("result-shared", "closes-stdin", "one-class")
    ]
    assert asked.answers[0] == [A.id, PASSED[1].id, PASSED[2].id]
    assert PASSED[0].id not in {name for name, _ in asked.answers[1]}


def test_a_loss_that_writes_into_its_input_cannot_write_into_some_layouts(asked):
    assert UNWRITABLE == ("read-only", "broadcast")
    diagnosed({"input-mutated": [A.id]})
    assert asked.answers[0] == [PASSED[2].id]
    assert [name for name, _ in asked.answers[1]] == [EMPTY.id, PASSED[2].id, INVALID.id]


def test_no_formula_explains_answers_that_vary(asked):
    for id in ("state-between-calls", "nondeterministic", "recording-dependent"):
        diagnosed({id: ["another"]})
        assert asked.answers[1] == [(INVALID.id, "rejection")]
    diagnosed({"closes-stdin": ["another"]})
    assert len(asked.answers[1]) == len(RESULTS)


def test_invalid_input_that_is_accepted_is_shown_after_the_answers(asked):
    accepted = Result(INVALID.id, "rejection", "fail", "NaN was accepted (8.4)", received="1")
    advice = Result(INVALID.id, "rejection", "skip", "NaN was accepted (8.4)", received="1")
    assert diagnosed({}, [accepted, advice]) == ["one-class", "invalid-input-accepted", "input-not-checked"]
    assert diagnosed({}, [advice]) == ["one-class", "input-not-checked"]
    assert diagnosed({}, [failing(A)]) == ["one-class"]
    assert diagnosed({"closes-stdin": [INVALID.id]}, [accepted]) == ["closes-stdin", "one-class"]
    (found,) = (x for x in diagnose(told({}), CASES, [accepted]) if x.id == "invalid-input-accepted")
    assert found.evidence.startswith(f"case {INVALID.id} (")


PARTS = ["empty batches", "where", "from above", "earlier calls", "pattern"]


@pytest.fixture
def parts(monkeypatch):
    """The parts that may explain wrong answers; those in `finds` do."""
    plan = SimpleNamespace(log=[], finds={})

    def part(name):
        def explain(*given):
            plan.log.append(name)
            return plan.finds.get(name)

        return explain

    names = {
        "_empty_batches": "empty batches",
        "explain_where": "where",
        "explain_from_above": "from above",
        "answers_of_earlier_calls": "earlier calls",
        "_pattern": "pattern",
        "explain_weights": "weights",
    }
    for function, name in names.items():
        monkeypatch.setattr(module, function, part(name))
    for name in ("weights", "values", "gradients"):
        plan.finds[name] = finding("unexplained")
    monkeypatch.setattr(module, "_values", part("values"))
    monkeypatch.setattr(module, "explain_gradients", part("gradients"))
    return plan


def answers(parts, *quantities, **options):
    parts.log.clear()
    results = [failing(A, quantity) for quantity in quantities]
    found = _answers(told({}, **options), [A], [A], results)
    return parts.log, [one.id for one in found], [one.evidence for one in found]


EVIDENCE = f"case {A.id} (emd-conformance show {A.id}): it is off"


def test_values_are_explained_before_gradients_and_by_the_plainest_cause(parts):
    first = ["empty batches", "where", "earlier calls", "pattern"]
    assert answers(parts, "value", "gradient") == ([*first, "values"], ["unexplained"], [EVIDENCE])
    gradient = ["empty batches", "where", "from above", "earlier calls", "pattern", "gradients"]
    assert answers(parts, "gradient") == (gradient, ["unexplained"], [EVIDENCE])
    assert answers(parts, "rejection") == ([], [], [])
    assert answers(parts) == ([], [], [])
    assert _answers(told({}), [A], [A], [Result(A.id, "value", "pass")]) == []


@pytest.mark.parametrize("name", PARTS)
def test_what_is_found_first_is_the_finding(parts, name):
    parts.finds[name] = finding("one-class")
    log, ids, evidence = answers(parts, "gradient")
    assert log == PARTS[: PARTS.index(name) + 1]
    assert (ids, evidence) == (["one-class"], [EVIDENCE])


def test_if_every_call_fails_another_way_to_call_is_looked_for(parts):
    parts.finds["pattern"] = finding("every-call-fails")
    assert answers(parts, "value")[0][-2:] == ["pattern", "values"]
    assert answers(parts, "gradient")[0][-2:] == ["pattern", "gradients"]


def test_weights_have_hypotheses_of_their_own(parts):
    log, _, _ = answers(parts, "value", target="labels", ignore_index=-1)
    assert log == ["empty batches", "where", "pattern", "weights"]
    log, _, _ = answers(parts, "gradient", target="labels", ignore_index=-1)
    assert log == ["empty batches", "where", "from above", "pattern", "weights"]


def test_results_of_one_quantity_are_explained_together(parts, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "_pattern", lambda cases, results, declared: seen.append(results))
    _answers(told({}), [A, B], [A, B], [failing(B, "gradient"), failing(A), failing(B), failing(A, "gradient")])
    assert [[(one.case, one.quantity) for one in results] for results in seen] == [[(A.id, "value"), (B.id, "value")]]


ORDER = ["hypotheses", "always", "otherwise", "classes"]


@pytest.fixture
def explanations(monkeypatch):
    plan = SimpleNamespace(log=[], found="")

    def part(name):
        def explain(*given):
            plan.log.append(name)
            return name if plan.found == name else None

        return explain

    functions = "explain_values", "_always_the_same", "called_otherwise", "_by_classes", "_unexplained"
    for function, name in zip(functions, [*ORDER, "unexplained"], strict=True):
        monkeypatch.setattr(module, function, part(name))
    monkeypatch.setattr(module, "every_call_fails", part("calls"))
    return plan


def valued(raw):
    return _values(told({"raw": raw}), [A, B], [failing(A), failing(B)])


def test_wrong_values_are_explained_by_hypotheses_first(explanations):
    for i, name in enumerate(ORDER):
        explanations.log.clear()
        explanations.found = name
        assert valued([1.0, 2.0]) == name
        assert explanations.log == ORDER[: i + 1]


def test_what_nothing_explains_is_unexplained_unless_no_call_was_answered(explanations):
    valued([1.0, 2.0])
    assert explanations.log == [*ORDER, "unexplained"]
    explanations.log.clear()
    valued(ValueError())
    assert explanations.log == [*ORDER, "calls"]
    explanations.log.clear()
    valued(lambda one: [1.0] if one is B else 1 / 0)
    assert explanations.log == [*ORDER, "unexplained"]


def test_answers_of_one_number_are_always_the_same():
    def found(*received):
        one = _always_the_same(gathered(*(answered(x, of=sized(3, i + 1)) for i, x in enumerate(received))))
        return one and (one.id, one.message)

    headline = CATALOGUE["always-the-same"].headline
    assert found((0.5,), (0.5, 0.5), (0.5,)) == ("always-the-same", f"{headline} 0.5")
    assert found((1 / 3,), (1 / 3,), (1 / 3,), None) == ("always-the-same", f"{headline} 0.333333333")
    assert found((0.5,), (0.5,)) is None
    assert found((0.5,), (0.5,), (0.25,)) is None
    assert found((), (), ()) is None


def test_what_holds_although_nothing_explains_the_answers_is_said(monkeypatch):
    def said(*known, holds="it still holds: x"):
        monkeypatch.setattr(module, "which_hold", lambda caller, cases: holds)
        return _unexplained(gathered(*known), [])

    wrong, right = answered(of=A), answered(of=B, status="pass")
    found = said(wrong, right)
    headline = CATALOGUE["unexplained"].headline
    assert found.id == "unexplained"
    assert found.message.startswith(f"{headline}; 1 of 2 cases fail: those with ")
    assert found.message.endswith(", and no others; it still holds: x")
    assert said(wrong, right, holds="").message.endswith(", and no others")
    assert said(wrong).message == f"{headline}; none of the 1 answers is right; it still holds: x"
