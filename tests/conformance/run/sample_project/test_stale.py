import emd_conformance
import sample_losses

STALE = {"line/one-class:value": "this was mended"}


@emd_conformance.parametrize(sample_losses.squared_emd, deviations=STALE, computes="E/C", classes=(1, 3))
def test_stale(check):
    check()
