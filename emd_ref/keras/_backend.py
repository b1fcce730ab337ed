"""The backend of Keras: PyTorch or JAX."""

REMEDY = (
    "set the environment variable KERAS_BACKEND to 'torch' or 'jax' before Keras is first imported, then start Python "
    "anew"
)

try:
    from keras import backend
except ImportError as error:
    raise ImportError(
        f"`import keras` fails ({error}), and emd_ref.keras needs Keras 3 on PyTorch or JAX: install what is missing, "
        f"as `pip install keras torch` or `pip install keras jax` does, and {REMEDY}"
    ) from error


def name() -> str:
    """The backend of Keras; RuntimeError if these losses do not run on it."""
    given = str(backend.backend())
    if given not in ("torch", "jax"):
        raise RuntimeError(
            f"emd_ref.keras runs on the PyTorch and JAX backends of Keras, but its backend is {given!r}: {REMEDY}"
        )
    return given
