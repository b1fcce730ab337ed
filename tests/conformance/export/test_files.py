"""The vectors as doubles: the same numbers in both forms, and bounds that pass right code and no other."""

import csv
import json
from fractions import Fraction
from math import inf

import numpy as np
import pytest
from emd_conformance._cases.load import vectors
from emd_conformance._cli.main import main
from emd_conformance._export import files
from support.thorough import published_cases

GROUP = "xemd"  # which is exported alone, too


@pytest.fixture(scope="module")
def cases():
    """A sample of all cases, and one group as a whole."""
    chosen = {case.id for case in published_cases()}
    return [case for case in vectors() if case.id in chosen or case.group == GROUP]


@pytest.fixture(scope="module")
def entries(cases, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "vectors", lambda group: cases)
        (path,) = files.export(tmp_path_factory.mktemp("json"), "json")
    return json.loads(path.read_text("utf-8"))["cases"]


def from_hex(x):
    return [from_hex(part) for part in x] if isinstance(x, list) else float.fromhex(x)


def from_json(x):
    return [from_json(part) for part in x] if isinstance(x, list) else float(x)


def test_every_case_is_there_with_the_same_numbers_in_both_forms(entries, cases):
    assert [entry["id"] for entry in entries] == [case.id for case in cases]
    for entry, case in zip(entries, cases, strict=True):
        members = [entry, *(entry[name] for name in case.expected)]
        pairs = [(m[name], m[f"{name}_hex"]) for m in members for name in m if f"{name}_hex" in m]
        assert pairs
        for decimal, hexadecimal in pairs:
            np.testing.assert_array_equal(from_json(decimal), from_hex(hexadecimal))
        np.testing.assert_array_equal(from_json(entry["predicted"]), case.predicted)
        assert entry.get("labels", []) == list(case.labels or ())


def test_values_are_the_nearest_doubles_and_bounds_hold_beside_them(entries, cases):
    for entry, case in zip(entries, cases, strict=True):
        for name, exact in case.expected.items():
            values, bounds = from_json(entry[name]["value"]), entry[name]["bound"].values()
            for i, x in enumerate(exact):
                if abs(values[i]) == inf:
                    assert x.lo > 2**1024
                    continue
                half = Fraction(np.spacing(abs(values[i]))) / 2
                assert abs(Fraction(values[i]) - x.middle) <= half
                assert all(float(row[i]) >= half for row in bounds)


def scan(p, t):
    D = np.cumsum(p - t, -1)
    return (D * D).sum(-1), 2 * np.cumsum(D[:, ::-1], -1)[:, ::-1]


def test_right_code_in_doubles_passes_and_wrong_code_fails(entries):
    wrong, asked = 0, 0
    for entry in entries:
        if (
            entry["ground"]["kind"] != "line"
            or entry["input"] != "probabilities"
            or "E" not in entry
            or not entry["predicted"]
        ):
            continue
        p = np.asarray(entry["predicted"])
        t = np.eye(entry["classes"])[entry["labels"]] if "labels" in entry else np.asarray(entry["target"])
        value, gradient = scan(p, t)
        E = entry["E"]
        for dtype, kind in (("float64", np.float64), ("float32", np.float32)):
            if dtype not in E["bound"]:
                continue
            narrow, _ = scan(p.astype(kind), t.astype(kind))
            asked += 1
            assert (abs(narrow - np.asarray(E["value"])) <= np.asarray(E["bound"][dtype])).all(), entry["id"]
        if "float64" in E["bound"] and "gradient" in E:
            g = gradient - gradient.mean(-1, keepdims=True)
            assert (abs(g - np.asarray(E["gradient"])) <= np.asarray(E["gradient_bound"]["float64"])).all(), entry["id"]
            off = abs(1.0001 * value - np.asarray(E["value"])) > np.asarray(E["bound"]["float64"])
            wrong += off[np.asarray(E["value"]) > 1e-9].all()
    assert asked > len(entries) / 4
    assert wrong > len(entries) / 6


@pytest.mark.thorough
def test_the_table_holds_the_same_numbers_as_the_json(entries, tmp_path, capsys):
    assert main(["export", str(tmp_path / "new" / "folder"), "--format", "csv", "--group", GROUP]) == 0
    assert "wrote" in capsys.readouterr().out
    folder = tmp_path / "new" / "folder"
    with (folder / "cases.csv").open(newline="") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    with (folder / "numbers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert ids == [entry["id"] for entry in entries if entry["id"].startswith(f"{GROUP}/")]
    assert {row["case"] for row in rows} == {*ids}
    table = {(row["case"], int(row["sample"]), row["name"], int(row["class"])): row for row in rows}
    assert len(table) == len(rows)
    for entry in entries:
        if entry["id"] in ids:
            for i, values in enumerate(entry["predicted"]):
                assert [table[entry["id"], i, "predicted", j]["decimal"] for j in range(len(values))] == [
                    str(x) for x in values
                ]
            for name in ("E", "XE", "R"):
                for i, x in enumerate(entry[name]["value"]):
                    row = table[entry["id"], i, name, -1]
                    assert float(row["decimal"]) == float.fromhex(row["hexadecimal"]) == float(x)


def test_a_group_that_is_not_there_is_named(tmp_path, capsys):
    assert main(["export", str(tmp_path), "--group", "lines"]) == 2
    assert "no group is called 'lines'; there are line, " in capsys.readouterr().err


def test_the_harnesses_are_copied(tmp_path, capsys):
    assert main(["harnesses", str(tmp_path / "mine")]) == 0
    copied = {path.name: {file.name for file in path.iterdir()} for path in (tmp_path / "mine").iterdir()}
    assert {*copied} == {"c", "cpp", "node", "python", "r"}
    assert "squared-emd.js" in copied["node"]
    assert str(tmp_path / "mine" / "c") in capsys.readouterr().out
