"""emd_ref.jax on several devices: a sharded batch gives the same loss, and its gradient stays sharded."""

import json
import os
import subprocess
import sys

import jax
import pytest
from support.jax_losses import LOOSE

SHARDED = """
import json
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from emd_ref import GroundDistance, Ordered
from emd_ref.jax import emd_loss, squared_emd_loss, xe_squared_emd_loss, xemd_loss

jax.config.update("jax_enable_x64", True)
z, labels = np.random.default_rng(0).normal(size=(6, 5)), np.arange(6) % 5
matrix = GroundDistance(np.abs(np.arange(5.0)[:, None] - np.arange(5.0)))
losses = [(squared_emd_loss, Ordered()), (emd_loss, Ordered()), (emd_loss, matrix), (xemd_loss, Ordered()),
    (xe_squared_emd_loss, matrix)]
f = jax.jit(lambda z, k: [jax.value_and_grad(loss)(z, k, ground=ground) for loss, ground in losses])
alone = f(jnp.asarray(z), jnp.asarray(labels))
results = []
for kind in (AxisType.Auto, AxisType.Explicit):
    rows = NamedSharding(jax.make_mesh((2,), ("batch",), axis_types=(kind,)), PartitionSpec("batch"))
    sharded = f(jax.device_put(z, rows), jax.device_put(labels, rows))
    for (loss, _), (value, gradient), (alike, same) in zip(losses, sharded, alone):
        error = max(abs(float(value - alike)), float(np.abs(np.asarray(gradient) - np.asarray(same)).max()))
        kept = gradient.sharding.is_equivalent_to(rows, 2) and len(gradient.sharding.device_set) == 2
        results.append([loss.__name__, str(kind), error, bool(kept)])
print(json.dumps(results))
"""


@pytest.mark.skipif(not hasattr(jax.sharding, "AxisType"), reason="this JAX has no types of mesh axes")
def test_a_batch_sharded_over_devices_gives_the_same_and_stays_sharded() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-P", "-c", SHARDED], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    assert len(results) == 10
    for loss, kind, error, kept in results:
        assert error <= LOOSE, (loss, kind, error)  # the sum over the batch takes another order
        assert kept, (loss, kind)
