"""Every quantity refuses predictions and targets of different numbers of classes."""

import pytest
from emd_conformance import _exact
from emd_conformance._exact.grounds import LINE
from emd_conformance._exact.interval import enclose

TWO, THREE = [0.5, 0.5], [0.25, 0.25, 0.5]
CALLS = {
    "squared_emd.value": lambda p, t: _exact.squared_emd.value(p, t),
    "squared_emd.gradient": lambda p, t: _exact.squared_emd.gradient(p, t),
    "squared_emd.value_of_logits": lambda p, t: _exact.squared_emd.value_of_logits(p, t),
    "squared_emd.gradient_of_logits": lambda p, t: _exact.squared_emd.gradient_of_logits(p, t),
    "emd.value": lambda p, t: _exact.emd.value(p, t),
    "emd.value_of_logits": lambda p, t: _exact.emd.value_of_logits(p, t),
    "emd.subgradient_gap of other targets": lambda p, t: _exact.emd.subgradient_gap(p, p, t, emd=0),
    "emd.subgradient_gap of other slopes": lambda p, t: _exact.emd.subgradient_gap(t, p, p, off=p),
    "cross_entropy.value": lambda p, t: _exact.cross_entropy.value(p, t),
    "cross_entropy.gradient": lambda p, t: _exact.cross_entropy.gradient(p, t),
    "cross_entropy.value_of_logits": lambda p, t: _exact.cross_entropy.value_of_logits(p, t),
    "cross_entropy.gradient_of_logits": lambda p, t: _exact.cross_entropy.gradient_of_logits(p, t),
    "penalty.value": lambda p, t: _exact.penalty.value(p, t, LINE),
    "penalty.gradient": lambda p, t: _exact.penalty.gradient(p, t, LINE),
    "penalty.value_of_logits": lambda p, t: _exact.penalty.value_of_logits(p, t, LINE),
    "penalty.gradient_of_logits": lambda p, t: _exact.penalty.gradient_of_logits(p, t, LINE),
    "softmax.differences": lambda p, t: _exact.softmax.differences(p, t, 256),
    "softmax.chain": lambda p, t: _exact.softmax.chain([enclose(1)] * len(p), [enclose(1)] * len(t)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_lists_of_different_lengths_are_refused(call):
    for p, t in ((TWO, THREE), (THREE, TWO)):
        with pytest.raises(ValueError, match="argument"):
            call(p, t)
