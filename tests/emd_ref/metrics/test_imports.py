"""Without torchmetrics, `emd_ref.metrics` has its functions, and says what its classes need."""

import sys

import pytest

import emd_ref.metrics

CLASSES = {
    "RankedProbabilityScore": "emd_ref.metrics._torchmetrics_score",
    "RankedProbabilitySkillScore": "emd_ref.metrics._torchmetrics_skill",
}


@pytest.mark.parametrize("missing", ["torch", "torchmetrics"])
@pytest.mark.parametrize("name", CLASSES)
def test_a_class_says_what_it_needs(name: str, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("emd_ref.metrics._torchmetrics_base", *CLASSES.values()):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=f"{name} needs {missing}, which is not installed: pip install torchmetrics"):
        getattr(emd_ref.metrics, name)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'emd_ref\.metrics' has no attribute 'BrierScore'"):
        _ = emd_ref.metrics.BrierScore


def test_all_public_names_are_documented() -> None:
    for name in emd_ref.metrics.__all__:
        assert ">>>" in getattr(emd_ref.metrics, name).__doc__, name
