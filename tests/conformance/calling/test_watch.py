"""The state of the program is watched during a call: a change is noted, and no state is misread as a change."""

import random
from collections.abc import Iterator

import emd_conformance
import losses
import numpy as np
import pytest
from emd_conformance._calling.watch import Observations, watch
from emd_conformance._cases.load import find

GENERATORS = [np.random.MT19937, np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64]


@pytest.fixture(params=GENERATORS, ids=lambda generator: generator.__name__)
def global_generator(request: pytest.FixtureRequest) -> Iterator[None]:
    """NumPy's legacy functions draw from another generator than its Mersenne Twister."""
    before = np.random.get_bit_generator()
    np.random.set_bit_generator(request.param(0))
    yield
    np.random.set_bit_generator(before)


@pytest.mark.usefixtures("global_generator")
def test_a_right_loss_conforms_whatever_the_global_generator_of_numpy_is() -> None:
    report = emd_conformance.run(losses.scan, cases=[find("line/soft-3")])
    assert report.verdict == "conforms", report


@pytest.mark.usefixtures("global_generator")
def test_a_number_drawn_from_the_global_generator_is_noted() -> None:
    seen = Observations()
    with watch(seen, "quiet"):
        np.random.default_rng(0).random()
    with watch(seen, "drawn"):
        np.random.random()  # noqa: NPY002
    assert seen.noted == {"changes-random-state": {"drawn": ""}}


def test_another_global_generator_is_a_change_of_state() -> None:
    seen, before = Observations(), np.random.get_bit_generator()
    with watch(seen, "swapped"):
        np.random.set_bit_generator(np.random.PCG64(0))
    np.random.set_bit_generator(before)
    assert seen.noted == {"changes-random-state": {"swapped": ""}}


def test_a_number_drawn_from_the_standard_library_is_noted() -> None:
    seen = Observations()
    with watch(seen, "drawn"):
        random.random()
    assert seen.noted == {"changes-random-state": {"drawn": ""}}


def test_a_loss_that_seeds_a_generator_is_noted_at_every_call() -> None:
    torch = pytest.importorskip("torch")
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(1)
        seen = Observations()
        for call in ("first", "second"):
            with watch(seen, call):
                seed(0)
        assert seen.noted["changes-random-state"].keys() == {"first", "second"}


def test_error_handling_of_numpy_is_put_back_so_that_every_change_shows() -> None:
    seen, before = Observations(), np.geterr()
    for case in ("first", "second"):
        with watch(seen, case):
            np.seterr(all="ignore")
    assert seen.noted == {"changes-numpy-state": {"first": "", "second": ""}}
    assert np.geterr() == before
