import emd_conformance
import sample_losses


@emd_conformance.parametrize(sample_losses.histogram_distance, computes="E/C", classes=(3,))
def test_emd(check):
    check()
