"""The same network in Keras 3, on its PyTorch or JAX backend."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")  # or "jax"; before Keras is imported

import keras
import numpy as np
from sklearn.datasets import load_diabetes

from emd_ref.keras import XESquaredEMDLoss
from emd_ref.metrics import median_decode

features, progression = load_diabetes(return_X_y=True)
y = np.digitize(progression, np.quantile(progression, [0.2, 0.4, 0.6, 0.8]))
x = (features / features.std(axis=0)).astype(np.float32)

keras.utils.set_random_seed(0)
model = keras.Sequential([keras.layers.Dense(32, activation="relu"), keras.layers.Dense(5)])  # logits: no softmax
model.compile(optimizer=keras.optimizers.Adam(0.01), loss=XESquaredEMDLoss(from_logits=True))
model.fit(x, y, epochs=10, batch_size=64, verbose=0)

median = median_decode(model.predict(x, verbose=0), from_logits=True)
print(f"mean absolute error {np.abs(median - y).mean():.2f} classes")
