"""The command `explain` knows every finding, with an example where the suite has one that runs as it is printed."""

import shlex
import sys

import pytest
from emd_conformance._cli.main import main
from emd_conformance._diagnosis.catalogue import CATALOGUE


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.parametrize("id", sorted(CATALOGUE))
def test_every_finding_is_explained(id, capsys):
    assert main(["explain", id]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert CATALOGUE[id].headline in shown
    assert CATALOGUE[id].remedy in shown
    assert CATALOGUE[id].seen in shown


def test_the_example_of_a_finding_runs_as_it_is_printed(capsys):
    assert main(["explain", "missing-cumsum"]) == 0
    shown = capsys.readouterr().out
    assert "np.square(p - t).sum(-1)" in shown
    command = shlex.split(shown.partition("run it")[2])
    assert main([*command[1:], "--classes", "3"]) == 1
    assert "DEFECT missing-cumsum" in capsys.readouterr().out


def test_a_convention_and_a_check_are_explained(capsys):
    assert main(["explain", "reduction='mean'"]) == 0
    assert "declare it" in capsys.readouterr().out
    assert main(["explain", "line/soft-3:value"]) == 0
    assert "emd-conformance show line/soft-3" in capsys.readouterr().out


def test_copy_tests_the_gradient_if_one_is_given(capsys):
    assert main(["copy", "line/soft-3", "--grad", "autograd", "--array", "torch"]) == 0
    assert "p.grad" in capsys.readouterr().out
    assert main(["copy", "line/soft-3", "--grad", "autograd", "--array", "torch", "--quantity", "value"]) == 0
    assert "p.grad" not in capsys.readouterr().out
