"""The order in which hypotheses are tried: of one change, then of several, and with a factor on top of some."""

from types import SimpleNamespace

import pytest
from emd_conformance import Declaration
from emd_conformance._diagnosis import values
from emd_conformance._diagnosis.evidence import Support
from emd_conformance._diagnosis.hypothesis import Change, declared
from small import told


@pytest.fixture
def sources(monkeypatch):
    """Every source of hypotheses yields one that is named after what it was asked."""

    def names(one):
        return "+".join(change.name for change in one.changes) if isinstance(one, SimpleNamespace) else "base"

    def made(*names, **fields):
        return SimpleNamespace(changes=tuple(Change(name, fields) for name in names))

    proposed = {
        1: [made("one"), made("one-reduced", reduce=1)],
        2: [made("defect", "a=1"), made("a=1", "b=2")],
        3: [made("a", "b", "c")],
    }

    def with_factor(evidence, base, tolerance=0.0):
        at = f" to {tolerance}" if tolerance else ""
        yield made(f"factor of {names(base)}{at}")

    def members(evidence, base, family):
        return iter([made(f"{family} of {names(base)}")])

    monkeypatch.setattr(values, "hypotheses", lambda declaration, number: iter(proposed[number]))
    monkeypatch.setattr(values, "with_factor", with_factor)
    monkeypatch.setattr(values, "mixtures", lambda evidence, base: iter([made("mixture")]))
    monkeypatch.setattr(values, "patterns", lambda: [made("rising"), made("falling")])
    monkeypatch.setattr(values, "changed", lambda base, change: change)
    monkeypatch.setattr(values, "families", lambda declaration: ["powers", "steps"])
    monkeypatch.setattr(values, "members", members)
    return lambda guesses: [names(one) for one in guesses]


def test_hypotheses_of_one_change_come_one_kind_after_the_other(sources):
    def single(**options):
        evidence = SimpleNamespace(caller=told({}, **options))
        return [sources(part) for part in values._single(evidence, declared(Declaration(**options)))]

    first = [["base"], ["one", "one-reduced"], ["factor of base"], ["mixture"]]
    patterns, last = ["rising", "factor of rising", "falling", "factor of falling"], ["powers of base", "steps of base"]
    assert single() == [*first, patterns, last]
    assert single(ground="circle") == [*first, last]


def test_a_factor_comes_on_top_of_a_change_of_the_formula_alone(sources):
    evidence = SimpleNamespace(caller=told({}))
    found = [sources(part) for part in values._double(evidence, declared(Declaration()))]
    assert found == [["defect+a=1", "a=1+b=2"], ["factor of one"], ["a+b+c"]]


def test_conventions_of_a_low_precision_are_single_ones_a_factor_and_pairs(sources):
    evidence = SimpleNamespace(caller=told({}))
    found = sources(values._conventions(evidence))
    assert found == ["one", "one-reduced", "factor of base to 1e-05", "a=1+b=2"]


def test_what_a_search_finds_is_made_a_finding(monkeypatch):
    monkeypatch.setattr(values, "_finding", lambda *given: given)
    search = SimpleNamespace(evidence="evidence", first=lambda guesses: ("guess", Support(3, ())))
    assert values._of(search, iter([]), ["results"]) == ("evidence", "guess", Support(3, ()), ["results"])
    search.first = lambda guesses: None
    assert values._of(search, iter([]), []) is None
