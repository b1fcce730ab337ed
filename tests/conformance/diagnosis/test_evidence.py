"""What was answered: which answers are clear, which probe first, and which of them a hypothesis reproduces."""

from math import inf, nan

from emd_conformance._diagnosis.evidence import (
    Evidence,
    Support,
    _ask,
    _kind,
    _numbers,
    _plain,
    _row_sums,
    _size,
    listed,
)
from emd_conformance._diagnosis.hypothesis import MISLEADING
from emd_conformance._judging.result import Result
from small import P, answered, case, gathered, sized, told

U = 2.0**-53


def test_an_answer_is_finite_if_all_its_numbers_are():
    assert [answered(x).finite for x in ((1.0, 2.0), (), (1.0, nan), (inf, 1.0), None)] == [True, True] + [False] * 3


def test_small_plain_cases_of_distinct_distributions_are_clear():
    assert answered(of=sized(12)).clear
    assert not answered(of=sized(13)).clear
    for group in ("near", "tiny", "large", "size"):
        assert not answered(id=f"{group}/a").clear
    for flag in MISLEADING:
        assert not answered(flags=("other", flag)).clear
    assert answered(flags=("other",)).clear
    assert not answered(passed="reversed").clear
    assert not answered((nan,)).clear
    assert {"near-equal", "overflow", "huge-logits", "infinite-logits"} == MISLEADING


def test_a_share_is_of_those_that_were_compared():
    some = (answered(), answered())
    assert [Support(*x).share for x in ((6, some), (1, ()), (0, some), (0, ()), (0, some[:1]))] == [0.75, 1, 0, 0, 0]
    assert Support(2, (), 9).share == 1


def test_what_is_left_out_is_said():
    wanted = "this reproduces all 2 answers (of at most 100 classes; 1 larger ones were not compared)"
    assert Support(2, (), 1).sentence() == wanted
    assert Support(2, (answered(id="a/b"),), 1).sentence() == wanted.replace("all 2", "2 of 3") + (
        ", but not a/b (another number)"
    )
    assert (
        Support(2, (answered(id="a/b"),)).sentence() == "this reproduces 2 of 3 answers, but not a/b (another number)"
    )


def test_the_smallest_of_the_answers_are_listed():
    some = [answered(of=sized(C, n)) for C, n in ((5, 1), (3, 4), (3, 2), (4, 1))]
    assert listed(some[:3]) == "line/3-2 (another number), line/3-4 (another number), line/5-1 (another number)"
    assert listed(some) == (
        "line/3-2 (another number), line/3-4 (another number), line/4-1 (another number) and 1 more"
    )
    assert listed([]) == ""
    assert _size(some[1]) == (3, 4)


def test_how_an_answer_failed_is_said():
    assert _kind(answered(None, message="it raised ValueError: it: is")) == "raised ValueError"
    assert _kind(answered(None, message="no answer: it is late")) == "no answer"
    assert _kind(answered((inf,))) == "not finite"
    assert _kind(answered()) == "another number"


def test_values_that_were_checked_are_asked_for_in_order_of_size():
    cases = [sized(5), sized(3, 2), sized(3), sized(4), sized(6)]
    results = [Result(x.id, "value", "fail") for x in cases[:3]]
    results += [Result(cases[3].id, "gradient", "fail"), Result(cases[4].id, "value", "skip")]
    results += [Result("line/unknown", "value", "fail")]
    found = Evidence(told({"raw": lambda of: [float(of.classes)]}), cases, results)
    assert [(a.case.classes, len(a.case.predicted), a.received) for a in found.answers] == [
        *[(3, 1, [3.0]), (3, 2, [3.0]), (5, 1, [5.0])]
    ]
    assert found.answers[2].result is results[0]
    assert found.answers[0].inputs.exactly is False
    assert len(found.answers[1].inputs.samples) == 2
    assert _ask(told({"raw": ValueError()}), cases[0]) is None


def test_batches_without_samples_are_not_clear():
    found = gathered(answered(), answered((), p=(), t=(), classes=3), answered((nan,)))
    assert found.clear == found.answers[:1]


def probes(*answers):
    return [a.case.id for a in gathered(*answers).probes]


def probe(id, classes=3, n=2, status="fail", row=(), **changes):
    rows = ((row or (1.0 / classes,) * classes),) * n
    return answered(of=case(rows, rows, classes=classes, id=id, **changes), status=status)


def test_wrong_answers_probe_first_then_plain_ones_then_batches_then_three_to_five_classes():
    zero = (0.0, 0.5, 0.5)
    ordered = [
        *(
            probe("a/1", 3),
            probe("a/2", 6),
            probe("a/3", 4, 1),
            probe("b/4", 3, 1, row=zero),
            probe("b/5", n=2, row=zero),
        ),
        probe("c/6", status="pass"),
    ]
    assert probes(*ordered[::-1]) == ["a/1", "a/2", "a/3", "b/4", "c/6", "b/5"]
    for C in (3, 4, 5):
        for other in (2, 6):
            assert probes(probe("a/other", other), probe("a/first", C)) == ["a/first", "a/other"]
    assert probes(probe("a/1", 3, 1), probe("a/2", 4, 2)) == ["a/2", "a/1"]
    assert probes(probe("a/1", 3, 3), probe("a/2", 4, 2)) == ["a/1", "a/2"]


def test_probes_are_of_different_sizes_and_groups_and_at_most_six():
    assert probes(probe("a/1"), probe("a/2"), probe("b/3"), probe("a/4", 4)) == ["a/1", "b/3", "a/4", "a/2"]
    assert probes(*(probe(f"a/{i}") for i in range(8))) == [f"a/{i}" for i in range(6)]
    assert probes(*(probe(f"{i}/a") for i in range(8))) == [f"{i}/a" for i in range(6)]
    assert probes(probe("a/1", 1), probe("a/2", 2)) == ["a/2"]


def test_zeros_make_rows_less_plain():
    assert _plain(answered(p=((0.0, 1.0, 0.0), P))) == 2
    assert _plain(answered()) == 0


def test_the_unit_is_the_coarser_one():
    assert gathered(dtype="float64", compute_dtype="float32").unit == 2.0**-24
    assert gathered(dtype="float16").unit == 2.0**-11
    assert gathered(dtype="float32").accuracy == 128 * 2.0**-24


def test_one_number_for_each_class_is_summed_row_by_row():
    two = answered(range(6), of=sized(3, 2))
    assert _numbers(two) == 6
    assert _row_sums(two) == [3, 12]
    assert _row_sums(answered(None)) == []
    one = answered([5.0], of=sized(1))
    known = gathered(one, two, dtype="float32")
    found = known.summed()
    assert type(found) is Evidence
    assert found.caller is known.caller
    assert [a.received for a in found.answers] == [[5.0], [3, 12]]
    assert [a.case for a in found.answers] == [one.case, two.case]
    assert gathered(one).summed() is None
    assert gathered(two, answered(None)).summed() is None
    assert gathered(two, answered(range(5), of=sized(3, 2))).summed() is None
