"""The same network in Flax, trained by Optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from sklearn.datasets import load_diabetes

from emd_ref.jax import xe_squared_emd_loss
from emd_ref.metrics import median_decode

features, progression = load_diabetes(return_X_y=True)
y = jnp.asarray(np.digitize(progression, np.quantile(progression, [0.2, 0.4, 0.6, 0.8])))
x = jnp.asarray(features / features.std(axis=0), dtype=jnp.float32)


class Network(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.hidden = nnx.Linear(10, 32, rngs=rngs)
        self.out = nnx.Linear(32, 5, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.out(nnx.relu(self.hidden(x)))


def loss_function(model: Network) -> jax.Array:
    return xe_squared_emd_loss(model(x), y)  # was: optax.softmax_cross_entropy_with_integer_labels(...).mean()


@nnx.jit
def step(model: Network, optimiser: nnx.Optimizer) -> None:
    optimiser.update(model, nnx.grad(loss_function)(model))


model = Network(nnx.Rngs(0))
optimiser = nnx.Optimizer(model, optax.adam(0.01), wrt=nnx.Param)
for _ in range(100):
    step(model, optimiser)
median = median_decode(model(x), from_logits=True)
print(f"mean absolute error {float(jnp.abs(median - y).mean()):.2f} classes")
