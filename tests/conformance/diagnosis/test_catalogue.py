"""The catalogue has the words of every finding, and no others."""

import ast
from pathlib import Path

import emd_conformance._diagnosis as diagnosis
from emd_conformance._calling.watch import ENDINGS
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._diagnosis import families, formulas, gradients, misreadings, reductions
from emd_conformance._diagnosis.catalogue import CATALOGUE
from emd_conformance._judging.result import VIOLATIONS
from emd_conformance.defects import Defect, load

INPUTS = ("probabilities", "log-probabilities", "logits", "cdf")
TARGETS = ("distribution", "labels", "labels-from-1")


def hypotheses():
    """Return the ids of all hypotheses that are defects; a convention is named by its declaration."""
    tables = [*formulas.GROUND_FORMULAS.values(), reductions.DEFECTS, reductions.MIXINGS]
    tables += [gradients.FREE, gradients.ON_A_LINE, gradients.OF_BATCH]
    tables += [misreadings.predictions(kind) for kind in INPUTS] + [misreadings.targets(kind) for kind in TARGETS]
    fitted = {family.name for kind in INPUTS for family in families.families(Declaration(input=kind))}
    return {name.split(",")[0] for table in tables for name in table if "=" not in name} | fitted | {"class-weights"}


def strings():
    """Return the string constants in the code of the diagnosis, but for the catalogue."""
    files = [file for file in Path(diagnosis.__file__).parent.glob("*.py") if file.name != "catalogue.py"]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_hypothesis_has_words():
    assert hypotheses() <= CATALOGUE.keys()


def test_everything_that_a_call_must_not_do_has_words():
    assert {*VIOLATIONS, *ENDINGS} <= CATALOGUE.keys()


def test_the_finding_of_every_defect_has_words():
    found = {entry.finding for entry in load()[0] if isinstance(entry, Defect)}
    assert {name for name in found if "=" not in name} <= CATALOGUE.keys()


def test_every_entry_is_used():
    assert CATALOGUE.keys() - hypotheses() - VIOLATIONS.keys() <= strings() | {"property", "explored"}


def test_every_finding_says_what_the_loss_does_and_what_to_change():
    for identifier, words in CATALOGUE.items():
        assert words.headline, identifier
        assert words.remedy, identifier
