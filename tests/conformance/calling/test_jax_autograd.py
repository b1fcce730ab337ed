"""Values and gradients by JAX: compiled once a shape where the loss can be traced, and right where it cannot."""

import emd_conformance
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from emd_conformance._calling import jax_autograd

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


@pytest.mark.costly
@pytest.mark.parametrize("loss", [plain, reads_its_target, branches_on_numbers, WithoutHash()])
def test_a_right_gradient_conforms_whether_or_not_the_loss_can_be_traced(loss):
    assert emd_conformance.run(loss, **OPTIONS).verdict == "conforms"


def test_the_gradient_from_above_is_asked():
    report = emd_conformance.run(blind, **OPTIONS)
    assert "gradient-upstream-ignored" in [finding.id for finding in report.findings]


def test_few_shapes_are_compiled(monkeypatch):
    compiled = []
    jit = jax.jit

    def counting(function, **options):
        def traced(*arguments):
            if isinstance(arguments[0], dict):  # the question whether XLA knows the options has a number
                compiled.append(arguments[0]["p"].shape)
            return function(*arguments)

        return jit(traced, **options)

    monkeypatch.setattr(jax, "jit", counting)

    def loss(p, t):
        return plain(p, t)

    report = emd_conformance.run(loss, **OPTIONS)
    assert report.verdict == "conforms"
    assert len(compiled) == len(set(compiled))
    assert len(report.examined) > 2 * len(compiled)


def test_values_are_asked_both_ways_for_small_shapes_and_compiled_for_others():
    ways = {True: set(), False: set()}

    def loss(p, t):
        ways[isinstance(p, jax.core.Tracer)].add(p.shape)
        return plain(p, t)

    assert emd_conformance.run(loss, **OPTIONS | {"classes": (2, 3, 10)}).verdict == "conforms"
    small = {shape for shape in ways[True] if shape[0] <= 4 and shape[1] <= 8}
    assert small <= ways[False]
    assert ways[True] - small
    assert not ways[False] - small


@pytest.mark.costly
@pytest.mark.parametrize("classes", [3, 10])
@pytest.mark.parametrize("when_traced", [True, False])
def test_a_value_that_is_wrong_in_one_of_the_ways_is_refused(classes, when_traced):
    def loss(p, t):
        wrong = isinstance(p, jax.core.Tracer) == when_traced and p.shape[-1] == classes
        return plain(p, t) * (2 if wrong else 1)

    verdict = emd_conformance.run(loss, **OPTIONS | {"classes": (2, 3, 10)}).verdict
    assert verdict == ("conforms" if classes == 10 and not when_traced else "does-not-conform")


def test_an_xla_without_the_options_compiles_as_it_does_by_default(monkeypatch):
    jit = jax.jit
    monkeypatch.setattr(
        jax, "jit", lambda f, compiler_options=None: jit(f, compiler_options=compiler_options and {"no": 1})
    )
    jax_autograd._options.cache_clear()
    try:
        assert jax_autograd._options() == {}
    finally:
        jax_autograd._options.cache_clear()
