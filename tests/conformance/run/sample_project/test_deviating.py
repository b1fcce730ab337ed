from pathlib import Path

import emd_conformance
import sample_losses

KNOWN = Path(__file__).parent / "deviations.json"


@emd_conformance.parametrize(sample_losses.offset_for_one_class, deviations=KNOWN, computes="E/C", classes=(1, 3))
def test_known(check):
    check()
