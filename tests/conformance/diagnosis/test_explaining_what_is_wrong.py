"""A hypothesis is stated only if it explains the wrong numbers, and if the numbers could have told otherwise."""

import emd_conformance
import losses
import numpy as np
import pytest
from emd_conformance._declaration.declaration import Declaration


def first(report):
    return report.findings[0].id


@pytest.mark.thorough
def test_what_is_right_wherever_the_loss_is_right_explains_no_mistake():
    def zero_if_close(p, t):
        return np.zeros(len(p)) if np.allclose(p, t) else losses.scan(p, t)

    assert first(emd_conformance.run(zero_if_close)) == "unexplained"


@pytest.mark.thorough
def test_in_a_narrow_format_the_slack_alone_explains_nothing():
    def almost_nothing(p, t):
        return (p - t)[..., 0] / 1024

    report = emd_conformance.run(almost_nothing, array="torch", dtype="bfloat16", classes=(2, 3, 4, 5, 10))
    assert first(report) == "unexplained"


def test_a_loss_that_fails_for_empty_batches_alone_is_told_so():
    def needs_samples(p, t):
        assert p.max() <= 1.5
        return losses.scan(p, t)

    report = emd_conformance.run(needs_samples, capabilities=("empty-batch",))
    assert first(report) == "valid-input-rejected"
    assert "batches without samples" in report.findings[0].message


def test_single_precision_inside_tightens_the_bound_of_narrow_formats():
    assert Declaration(dtype="float16", compute_dtype="float32").precision.unit == 2.0**-24

    def off_by_16_units(p, t):
        return (losses.scan(p.astype("f"), t.astype("f")) * (1 + 16 * 2**-11)).astype(p.dtype)

    assert emd_conformance.run(off_by_16_units, dtype="float16").verdict == "conforms"
    report = emd_conformance.run(off_by_16_units, dtype="float16", compute_dtype="float32")
    assert report.verdict == "does-not-conform"
