import emd_conformance
import sample_losses


@emd_conformance.parametrize("sample_losses:squared_emd", computes="E/C", classes=(1, 3))
def test_by_name(check):
    check()


@emd_conformance.parametrize(sample_losses.squared_emd, computes="E/C", classes=(1, 3))
def test_by_object(check):
    check()
