"""A first use of the installed wheel, with no extra: run from outside the source tree by the continuous integration."""

import sys
from importlib.resources import files

import emd_conformance
import numpy as np

import emd_ref

value, gradient = emd_ref.squared_emd_value_and_grad(np.asarray([0.25, 0.25, 0.5]), 0)
assert value == 0.8125
assert gradient.tolist() == [-2.5, -1.0, 0.0]
assert emd_ref.emd(np.asarray([0.5, 0.5]), np.asarray([0.0, 1.0]), ground=emd_ref.GroundDistance(1 - np.eye(2))) == 0.5
assert files("emd_conformance").joinpath("vectors/v1/MANIFEST.json").is_file()
assert files("emd_conformance").joinpath("harnesses/node/squared-emd.js").is_file()
assert files("emd_ref").joinpath("py.typed").is_file()
report = emd_conformance.run(emd_ref.squared_emd, grad=emd_ref.squared_emd_grad)
assert report.verdict == "conforms", report.verdict
assert not {"torch", "jax", "dask", "pytest", "hypothesis"} & set(sys.modules)
print(f"emd_ref {emd_ref.__version__}: smoke test passed")
