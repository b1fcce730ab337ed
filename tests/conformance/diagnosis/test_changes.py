"""The changes of a declaration: which there are at each place, and what each of them sets."""

import pytest
from emd_conformance import Declaration
from emd_conformance._diagnosis import misreadings, reductions
from emd_conformance._diagnosis.changes import OF_SOFT_TARGETS, changed, changes, hypotheses
from emd_conformance._diagnosis.formulas import GROUND_FORMULAS
from emd_conformance._diagnosis.hypothesis import Change, declared
from emd_conformance._diagnosis.scales import CROSS_ENTROPIES, EPSILONS, OF_RANGES, TEXTS

PLACES = ("expressions", "readings", "targets", "reductions", "formulas")
GROUNDS = ("line", "positions", "circle", "tree", "matrix")


def at(place, **options):
    """The changes at a place of a declaration."""
    return dict(zip(PLACES, changes(Declaration(**options)), strict=True))[place]


def named(place, **options):
    return [change.name for change in at(place, **options)]


def texts(**options):
    return [change.fields["expression"].text for change in at("expressions", **options)]


def test_changes_are_made_once_for_a_declaration():
    assert changes(Declaration(computes="E/7")) is changes(Declaration(computes="E/7"))


def test_every_other_expression_is_a_change():
    assert texts() == [text for text in TEXTS if text != "E"]
    assert named("expressions") == [f"computes={text!r}" for text in texts()]
    assert texts(computes="W1/2") == texts(computes="(W1 / 2)") == [text for text in TEXTS if text != "W1/2"]
    assert texts(computes="E/7") == [*TEXTS]


@pytest.mark.parametrize("computes", ["XE", "weight*R", "XE + 3*E"])
def test_the_expressions_of_a_cross_entropy_or_a_penalty_have_a_table_of_their_own(computes):
    assert texts(computes=computes, target="labels") == [text for text in CROSS_ENTROPIES if text != computes]


def test_only_positions_have_a_range_of_their_own():
    for ground in GROUNDS:
        ranges = [text for text in texts(ground=ground) if "range" in text]
        assert ranges == ([*OF_RANGES] if ground == "positions" else [])
    assert texts(ground="positions", computes="W1/range")[-3:] == ["E/range", "sqrt(E/range)", "E/(range*range)"]


def test_an_epsilon_is_added_within_the_last_parenthesis_of_a_root():
    found = [change for change in at("expressions", computes="sqrt(3*E)") if change.name == "epsilon-under-root"]
    assert [change.fields["expression"].text for change in found] == [f"sqrt(3*E + {e})" for e in EPSILONS]
    for computes in ("sqrt(E)*2", "2*sqrt(E)", "(E)"):
        assert "epsilon-under-root" not in named("expressions", computes=computes)


def test_the_input_is_read_as_other_kinds_or_wrongly():
    found = at("readings", input="logits")
    table = misreadings.predictions("logits")
    assert [change.name for change in found] == [*table, "softmax-along-batch"]
    assert all(change.detail == "" for change in found)
    z = [0.5, -1.0, 2.0]
    assert all(list(change.fields["read"](z)) == list(table[change.name](z)) for change in found[:-1])
    assert found[-1].fields == {"softmax_along_batch": True}


@pytest.mark.parametrize("computes", ["XE + E", "R + E"])
def test_beside_a_cross_entropy_an_input_is_read_twice(computes):
    found = at("readings", input="logits", target="labels", computes=computes)
    seen = [(change.name, change.detail) for change in found]
    assert seen[:3] == [
        ("input-read-twice", "as probabilities"),
        ("input-read-twice", "as log-probabilities"),
        ("softmax-twice", ""),
    ]
    assert found[0].fields["read"]([3.0, 4.0]) == [3, 4]


def test_a_prediction_is_normalised_where_masses_may_differ():
    assert named("readings") == [*misreadings.predictions("probabilities")]
    last = at("readings", capabilities=("off-simplex",))[-1]
    assert (last.name, last.fields["read"]([1.0, 3.0])) == ("prediction-normalised", [0.25, 0.75])


@pytest.mark.parametrize("target", ["distribution", "labels", "labels-from-1"])
def test_targets_are_read_by_their_table(target):
    found = at("targets", target=target)
    table = misreadings.targets(target)
    assert [change.name for change in found] == [*table]
    one_hot = [0, 1, 0, 0]
    assert all(change.fields["read_target"](one_hot, 1) == table[change.name](one_hot, 1) for change in found)


def reduced(**options):
    return {change.name: change.fields["reduce"]([1.0, 5.0]) for change in at("reductions", **options)}


def test_samples_are_reduced_in_every_way_but_the_declared_one():
    ways = {"none": [1, 5], "mean": [3], "sum": [6]}
    for reduction in ways:
        found = reduced(reduction=reduction)
        conventions = {name: x for name, x in found.items() if "=" in name}
        assert conventions == {f"reduction={name!r}": x for name, x in ways.items() if name != reduction}
        assert found.keys() - conventions.keys() == {*reductions.DEFECTS, "batch-coupled-root"}
    assert found["first-sample-only"] == [1]
    assert found["maximum-for-mean"] == [5]
    assert {"reduction='mean'", "reduction='sum'"} == {x for x in reduced(batched=False, reduction="sum") if "=" in x}


def test_a_coupled_root_is_not_reduced_again():
    last = at("reductions", reduction="mean")[-1]
    assert last.fields == {"coupled": True, "reduce": reductions.CONVENTIONS["none"]}


@pytest.mark.parametrize("ground", GROUNDS)
def test_formulas_are_those_of_the_ground_distance_and_only_the_line_mixes_samples(ground):
    found = at("formulas", ground=ground)
    table = GROUND_FORMULAS[ground]
    mixings = reductions.MIXINGS if ground == "line" else {}
    assert [change.name for change in found] == [name.split(",")[0] for name in table] + [*mixings]
    wanted = [{"formula": formula} for formula in table.values()] + [{"mixing": mix} for mix in mixings.values()]
    assert [{name: x for name, x in change.fields.items() if name != "after"} for change in found] == wanted
    assert [change.name for change in found if "after" in change.fields] == ["skill-score"]


def test_a_skill_score_is_1_less_the_ratio():
    (score,) = (change for change in at("formulas") if change.name == "skill-score")
    assert score.fields["after"](0.25) == 0.75


def test_a_second_sum_of_cdfs_is_one_of_probabilities():
    plain, cdfs = (at("formulas", input=kind) for kind in ("probabilities", "cdf"))
    renamed = ["input='probabilities'" if change.name == "cumsum-twice" else change.name for change in plain]
    assert [change.name for change in cdfs] == renamed
    formulas = [[change.fields.get("formula") for change in place] for place in (plain, cdfs)]
    assert formulas[0] == formulas[1]


@pytest.mark.parametrize("target", ["labels", "labels-from-1"])
def test_what_a_label_cannot_tell_apart_is_not_proposed(target):
    soft, hard = (named("formulas", target=kind) for kind in ("distribution", target))
    assert hard == [name for name in soft if name not in OF_SOFT_TARGETS]
    assert {*soft} - {*hard} == OF_SOFT_TARGETS
    assert "cross-entropy-for-emd" in hard


def test_no_change_is_what_is_declared():
    (base,) = hypotheses(Declaration(computes="E/C"), 0)
    assert (base.changes, base.expression.text) == ((), "E/C")


def test_each_change_alone_and_then_pairs_of_different_places():
    places = changes(Declaration())
    sizes = [len(place) for place in places]
    single = [guess.changes for guess in hypotheses(Declaration(), 1)]
    assert len(single) == sum(sizes)
    assert {(change,) == guess for place in places for change in place for guess in single if guess[0] is change} == {
        True
    }
    conventions = [sum(change.kind == "convention" for change in place) for place in places]
    defects = [size - n for size, n in zip(sizes, conventions, strict=True)]
    pairs = [guess.changes for guess in hypotheses(Declaration(), 2)]
    some = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    without = sum(conventions[i] * conventions[j] for i, j in some)
    assert len(pairs) == without + sum(conventions[i] * defects[j] + defects[i] * conventions[j] for i, j in some)
    assert all(change.kind == "convention" for pair in pairs[:without] for change in pair)
    assert len([*hypotheses(Declaration(), 3)]) == sum(
        conventions[i] * conventions[j] * conventions[k] for i, j in some for k in range(j + 1, 5)
    )


def test_a_declared_gradient_does_not_matter():
    def gradient(p, t):
        return p

    plain, other = ([*hypotheses(Declaration(grad=grad), 1)] for grad in (None, gradient))
    assert all(a.changes[0] is b.changes[0] for a, b in zip(plain, other, strict=True))


def test_later_changes_replace_earlier_ones_and_all_are_listed():
    first, second = Change("a", {"coupled": True, "penalty": abs}), Change("b", {"coupled": False})
    found = changed(declared(Declaration()), first)
    assert (found.coupled, found.penalty, found.changes) == (True, abs, (first,))
    again = changed(found, second, Change("c", {}))
    assert (again.coupled, again.penalty) == (False, abs)
    assert [change.name for change in again.changes] == ["a", "b", "c"]
    assert changed(found, second, first).coupled
