"""Gradients by JAX: compiled once a shape where the loss can be traced, and right where it cannot."""

import emd_conformance
import jax
import jax.numpy as jnp
import numpy as np
import pytest

OPTIONS = {"array": "jax", "grad": "autograd", "dtype": "float32", "classes": (2, 3)}


def plain(p, t):
    return jnp.square(jnp.cumsum(p - t, -1)).sum(-1)


def reads_its_target(p, t):
    return plain(p, np.asarray(t))


def branches_on_numbers(p, t):
    return plain(p, t) if float(t.sum()) >= 0 else None


class WithoutHash:
    __hash__ = None

    def __call__(self, p, t):
        return plain(p, t)


@jax.custom_vjp
def blind(p, t):
    return plain(p, t)


def _forward(p, t):
    return blind(p, t), 2 * jnp.cumsum(jnp.cumsum(p - t, -1)[:, ::-1], -1)[:, ::-1]


blind.defvjp(_forward, lambda saved, above: (saved, -saved))


@pytest.mark.parametrize("loss", [plain, reads_its_target, branches_on_numbers, WithoutHash()])
def test_a_right_gradient_conforms_whether_or_not_the_loss_can_be_traced(loss):
    assert emd_conformance.run(loss, **OPTIONS).verdict == "conforms"


def test_the_gradient_from_above_is_asked():
    report = emd_conformance.run(blind, **OPTIONS)
    assert "gradient-upstream-ignored" in [finding.id for finding in report.findings]


def test_few_shapes_are_compiled(monkeypatch):
    compiled = []
    jit = jax.jit

    def counting(function):
        def traced(*arguments):
            compiled.append(arguments[0]["p"].shape)
            return function(*arguments)

        return jit(traced)

    monkeypatch.setattr(jax, "jit", counting)

    def loss(p, t):
        return plain(p, t)

    report = emd_conformance.run(loss, **OPTIONS)
    assert report.verdict == "conforms"
    assert len(compiled) == len(set(compiled))
    assert len(report.examined) > 2 * len(compiled)
