"""A wrong loss is caught and named in single precision too, in which most losses are called."""

import emd_conformance
import losses
import numpy as np
import pytest
from emd_conformance.defects import Defect, load
from findings import kinds

pytestmark = pytest.mark.thorough  # whole runs of the suite: the functions have tests of their own

FEW = (1, 2, 3, 4, 5, 10)
OF_VALUES = ("values", "torch_values", "batches", "independent_formulas")
DEFECTS = [
    entry
    for entry in load()[0]
    if isinstance(entry, Defect) and entry.module.rpartition(".")[2] in OF_VALUES and "dtype" not in entry.declares
]
RIGHT = ("batches.tiled_sums", "torch_values.single_inside")  # within the error bound of single precision
OTHERWISE = {  # caught under another name than in double precision
    "values.squared_distances": "unexplained",
    "values.silently_normalised[capabilities=('off-simplex',)]": "not-finite",
}


@pytest.mark.parametrize(
    "entry", [d for d in DEFECTS if not d.advice and not d.id.startswith(RIGHT)], ids=lambda entry: entry.id
)
def test_a_wrong_value_is_named_in_single_precision(entry):
    report = emd_conformance.run(entry.loss, **{"classes": FEW, **entry.declares, "dtype": "float32"})
    assert report.verdict == "does-not-conform"
    found = [id for _, id in kinds(report) if id != "result-dtype"]
    assert found == [OTHERWISE.get(entry.id, entry.finding)]


def one_hot_of(k, p):
    if k.shape != p.shape[:-1] or (k < 0).any() or (k >= p.shape[-1]).any():
        raise ValueError("`k` holds no labels")
    return np.eye(p.shape[-1], dtype=p.dtype)[k]


def of_labels(p, k):
    return losses.scan(p, np.eye(p.shape[-1], dtype=p.dtype)[k])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("target", ["distribution", "labels"])
def test_the_validation_of_labels_and_of_distributions_is_examined(target, dtype):
    def validating(p, t):
        kinds = {"p": (p, "f"), "t": (t, "iu" if target == "labels" else "f")}
        for name, (x, wanted) in kinds.items():
            if type(x) is not np.ndarray or x.dtype.kind not in wanted:
                raise TypeError(f"`{name}` has another type")
        one_hot = one_hot_of(t, p) if target == "labels" else t
        for name, x in (("p", p), ("t", one_hot)):
            if x.shape != p.shape or not np.isfinite(x).all() or (x < 0).any():
                raise ValueError(f"`{name}` is no distribution")
            if (np.abs(x.sum(-1) - 1) > (4 + 8 * p.shape[-1] ** 0.5) * np.finfo(dtype).eps / 2).any():  # 8.2
                raise ValueError(f"`{name}` does not sum to 1")
        return losses.scan(p, one_hot)

    declared = {"target": target, "dtype": dtype, "compute_dtype": dtype}
    report = emd_conformance.run(validating, validates=True, **declared)
    assert report.verdict == "conforms", report
    refused = [result for result in report.examined if result.quantity == "rejection"]
    assert len(refused) >= 5
    report = emd_conformance.run(losses.scan if target == "distribution" else of_labels, validates=True, **declared)
    assert ("defect", "invalid-input-accepted") in kinds(report)


@pytest.mark.parametrize(
    ("loss", "declared"),
    [
        (lambda p, t: losses.scan(p, t).squeeze(), {}),
        (lambda p, k: of_labels(p, k).squeeze(), {"target": "labels"}),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_batch_of_one_sample_keeps_its_axis(loss, declared, dtype):
    report = emd_conformance.run(loss, dtype=dtype, **declared)
    assert kinds(report) == [("defect", "wrong-shape")]
