"""A loss in another language gets the verdict, the diagnosis and the time limits of one in Python."""

import re
import shlex
import time
from dataclasses import replace

import emd_conformance
import numpy as np
import pytest
from emd_conformance._calling import harness
from emd_conformance._cases.load import find
from emd_conformance._cli.main import main
from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._run.run import select
from findings import kinds
from harness_commands import HARNESSES, PYTHON, compiled, compiled_cpp, example, node, nonsense, program
from losses import free_gradient, scan


@pytest.mark.costly
@pytest.mark.parametrize("language", ["c", "cpp", "node", "r", "python"])
def test_the_harnesses_of_the_repository_conform(tmp_path, language):
    compilers = {"c": compiled, "cpp": compiled_cpp}
    command = compilers[language](tmp_path) if language in compilers else example(language)
    start = time.monotonic()
    report = emd_conformance.run(command)
    assert time.monotonic() - start < 60  # seconds, also on a slow machine under coverage.py
    assert report.verdict == "conforms", report
    capabilities = ("off-simplex", "empty-batch")
    local = emd_conformance.run(scan, grad=free_gradient, capabilities=capabilities)
    in_any_memory = [result.id for result in local.examined if not find(result.case).passed]  # lists have no layouts
    assert [result.id for result in report.examined] == in_any_memory
    assert f"Protocol 1, {language}-example 1.0" in str(report)


def test_perl_conforms_when_it_keeps_every_bit_and_is_refused_when_it_does_not():
    perl = f"cmd:{program('perl')} {shlex.quote(str(HARNESSES))}"
    assert emd_conformance.run(f"{perl}/exact.pl").verdict == "conforms"
    report = emd_conformance.run(f"{perl}/rounding.pl")
    assert (report.verdict, report.exit_code) == ("harness-broken", 4)
    assert "its echo of 2.225073858507201e-308 is 2.2250738585072e-308" in report.broken


def reverse_order(p, t):
    return 2 * np.cumsum(np.cumsum(p - t, -1), -1)


SAME = [
    ("missing-cumsum", lambda p, t: np.square(p - t).sum(-1), None),
    ("mean-over-classes", lambda p, t: scan(p, t) / p.shape[-1], None),
    ("gradient-prefix", scan, reverse_order),
    ("gradient-sign", scan, lambda p, t: -free_gradient(p, t)),
]


@pytest.mark.costly
@pytest.mark.parametrize(("name", "loss", "grad"), SAME)
def test_a_wrong_loss_is_diagnosed_as_in_python(name, loss, grad):
    cases = [case for case in emd_conformance.vectors() if not case.passed]  # in a message, arrays have no layout
    options = {"classes": (2, 3, 5, 7), "cases": cases}
    report, local = emd_conformance.run(node(name), **options), emd_conformance.run(loss, grad=grad, **options)
    assert report.verdict == local.verdict == "does-not-conform"
    assert kinds(report) == kinds(local)
    assert [f.message for f in report.findings if f.kind == "defect"] == [
        f.message for f in local.findings if f.kind == "defect"
    ]
    assert [(r.id, r.status) for r in report.results if r.quantity != "rejection"] == [
        (r.id, r.status) for r in local.results if r.quantity != "rejection"
    ]


def test_the_declaration_of_a_harness_is_used_unless_an_option_replaces_it():
    few = {"classes": (3, 5)}
    assert emd_conformance.run(node("declared-mean"), **few).verdict == "conforms"
    report = emd_conformance.run(node("declared-mean"), reduction="none", **few)
    assert kinds(report) == [("convention", "reduction='mean'")]
    assert emd_conformance.run(node("mean-over-classes"), computes="E/C", **few).verdict == "conforms"
    assert emd_conformance.run(node("single"), **few).arrays == "float32 list"


def test_rejections_count_if_the_harness_claims_to_validate():
    assert emd_conformance.run(node("validating")).verdict == "conforms"
    assert kinds(emd_conformance.run(node("accepting"))) == [("defect", "invalid-input-accepted")]


@pytest.mark.parametrize(
    ("name", "finding", "message"),
    [("hangs", "hang", "no answer within 1 s"), ("leaves", "exits", "exit code 3"), ("throws", None, "TypeError")],
)
def test_what_goes_wrong_is_a_result_and_the_run_goes_on(name, finding, message):
    cases = [find(f"line/soft-{name}") for name in ("3", "7", "5")]
    report = emd_conformance.run(node(name), cases=cases, timeout=1)
    assert [result.status for result in report.results] == ["pass", "error", "pass"]
    assert message in report.results[1].message
    assert finding is None or kinds(report) == [("defect", finding)]


def test_a_harness_that_does_not_even_read_is_a_hang():
    case = find("line/soft-7")
    large = replace(case, predicted=case.predicted * 400, target=case.target * 400)
    assert len(str(large.predicted)) > 1 << 16  # more than a pipe holds
    report = emd_conformance.run(nonsense("deaf"), cases=[large], timeout=0.5)
    assert kinds(report) == [("defect", "hang")]


def test_a_harness_that_keeps_state_is_found():
    report = emd_conformance.run(node("counts"), cases=[find("line/soft-3")])
    assert kinds(report) == [("defect", "state-between-calls")]


BROKEN = [
    ("old", '"protocol": 0'),
    ("nameless", "wanted 'name' as a string"),
    ("boastful", "'telepathy', which Protocol 1 does not know"),
    ("strange", "'mood', which Protocol 1 does not know"),
    ("mistaken", "reduction='median' is not understood"),
    ("quits", "exit code 9"),
    ("rounds", "its echo of 2.2250738585072014e-308 is 2.225073858507201e-308"),
    ("shortens", "wanted 28 values"),
    ("chats", "Let me think about that."),
    ("bare", 'NaN is not JSON, write "nan"'),
    ("null", "it writes null for a number"),
    ("listless", "no JSON object: [1, 2, 3]"),
    ("silent", "it answers run with {}, wanted one of loss, rejected, unsupported, error"),
    ("double", "more than one line"),
]


@pytest.mark.parametrize(("name", "message"), BROKEN)
def test_a_message_that_breaks_the_protocol_ends_the_run_and_is_quoted(name, message):
    report = emd_conformance.run(nonsense(name), cases=[find("line/soft-3")])
    assert (report.verdict, report.exit_code) == ("harness-broken", 4)
    assert message in report.broken


@pytest.mark.parametrize("name", ["chats", "quits", "rounds"])
def test_standard_error_is_quoted(name):
    assert f"standard error: {name} is ready" in emd_conformance.run(nonsense(name)).broken


@pytest.mark.parametrize("command", ["cmd:/no/such/program", "cmd:", "cmd:'", f"cmd:{PYTHON} -c pass"])
def test_what_does_not_start_exits_with_4(command, capsys):
    assert main(["run", command]) == 4
    said = " ".join(capsys.readouterr().out.split())  # the report breaks its lines
    assert re.search("cannot be started|is no harness: the process ended", said)


def test_an_unsupported_case_is_not_examined_and_does_not_pass():
    report = emd_conformance.run(nonsense("refuses"), cases=[find("line/soft-3")])
    assert report.verdict == "nothing-ran"
    assert report.not_examined == {"value: it answers unsupported: everything": 1}


@pytest.mark.parametrize("option", [{"array": "torch"}, {"call": "t, p"}, {"order": "target-first"}, {"grad": "x"}])
def test_options_without_a_meaning_for_a_harness_are_refused(option):
    with pytest.raises(DeclarationError, match=next(iter(option))):
        emd_conformance.run(example("python"), **option)


def test_parametrize_takes_a_harness():
    mark = emd_conformance.parametrize(example("python"), classes=[2])
    for parameter in mark.args[1]:
        parameter.values[0]()


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"ground": "positions"}, {"positions"}),
        ({"ground": "tree"}, {"parents"}),
        (
            {"ground": "matrix", "target": "labels", "computes": "XE + weight*R"},
            {"ground_distance", "exponent", "bias", "weight"},
        ),
    ],
)
def test_messages_carry_what_the_loss_needs(options, parts):
    declared = harness.declaration({"capabilities": []}, options)
    caller = harness.HarnessCaller(lambda classes: None, declared)
    messages = [caller.message(check.case, "value") for check in select(caller, emd_conformance.vectors())[0]]
    plain = {"type", "case", "want", "dtype", "classes", "predicted", "target", "lengths"}
    assert messages
    assert {frozenset(message.keys() - plain) for message in messages} == {frozenset(parts)}
    weights = {message["weight"] for message in messages if "weight" in message}
    assert len(weights) != 1
