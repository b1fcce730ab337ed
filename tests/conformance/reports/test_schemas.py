"""Every JSON file of the suite follows its schema, and the schemas refuse what is wrong."""

import copy
import json
from importlib.resources import files

import emd_conformance
import jsonschema
import losses
import pytest
from emd_conformance._reports import json as json_report

ROOT = files("emd_conformance")
VECTORS = sorted((ROOT / "vectors" / "v1").iterdir(), key=lambda path: path.name)


def validator(name):
    schema = json.loads((ROOT / "schemas" / f"{name}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def documents(path):
    return json.loads(path.read_text("utf-8"))


@pytest.mark.costly
@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.name)
def test_vectors_follow_their_schema(path):
    kind = "manifest" if path.name == "MANIFEST.json" else "cases"
    check = validator("vectors")
    check.validate(documents(path))
    check.evolve(schema=check.schema["$defs"][kind] | {"$defs": check.schema["$defs"]}).validate(documents(path))


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("id", "Line/soft"),
        ("clauses", []),
        ("clauses", ["4"]),
        ("dtypes", ["float128"]),
        ("predicted", [["0.5", 0.5]]),
        ("expected", {"E": ["0.5"]}),
        ("expected", {"E": [["1/3"]]}),
        ("expected", {"energy": ["1/2"]}),
        ("ground", {"kind": "sphere"}),
        ("ground", {"kind": "positions"}),
        ("needs", ["magic"]),
        ("speed", 1),
        ("labels", [0, 1, 2]),
        ("invalid", "it has an expectation"),
    ],
)
def test_a_wrong_case_is_refused(key, wrong):
    document = documents(ROOT / "vectors" / "v1" / "line.json")
    case = copy.deepcopy(next(case for case in document["cases"] if case["id"] == "line/soft-3"))
    check = validator("vectors")
    check.validate({"cases": [case]})
    assert not check.is_valid({"cases": [case | {key: wrong}]})


@pytest.mark.parametrize("key", ["id", "predicted", "target", "expected", "classes", "dtypes"])
def test_a_case_that_lacks_something_is_refused(key):
    document = documents(ROOT / "vectors" / "v1" / "line.json")
    case = next(case for case in document["cases"] if case["id"] == "line/soft-3")
    assert not validator("vectors").is_valid({"cases": [{k: v for k, v in case.items() if k != key}]})


def crash(p, t):
    raise ValueError("\x1b \ud800")


@pytest.mark.parametrize(
    ("loss", "options"),
    [
        (losses.scan, {"grad": losses.free_gradient}),
        (lambda p, t: losses.scan(p, t) * float("nan"), {}),
        (lambda p, t: losses.scan(p, t) * float("-inf"), {}),
        (crash, {}),
        ("nowhere:loss", {}),
        (losses.validating, {"validates": True}),
        (losses.scan, {"deviations": {"line/one-class:value": "none"}}),
        (losses.scan, {"classes": (77,)}),
        (losses.scan, {"properties": True}),
        (lambda p, t: 2 * losses.scan(p, t), {"properties": True}),
    ],
)
def test_reports_follow_their_schema(loss, options):
    report = emd_conformance.run(loss, **({"classes": (1, 3)} | options))
    text = json_report.render(report)
    validator("report").validate(json.loads(text, parse_constant=pytest.fail))


@pytest.mark.parametrize(("key", "wrong"), [("verdict", "fine"), ("exit_code", 2), ("date", "today"), ("format", 2)])
def test_a_wrong_report_is_refused(key, wrong):
    document = json.loads(json_report.render(emd_conformance.run(losses.scan, classes=(2,))))
    assert not validator("report").is_valid(document | {key: wrong})
    del document[key]
    assert not validator("report").is_valid(document)


def test_deviations_follow_their_schema():
    check = validator("deviations")
    check.validate({"deviations": {"line/one-class:value": "one class is offset"}})
    for wrong in ({}, {"deviations": {"line/one-class": "?"}}, {"deviations": {"line/one-class:value": " "}}):
        assert not check.is_valid(wrong)
