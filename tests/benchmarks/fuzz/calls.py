"""A call of a public function of emd_ref, drawn at random."""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import numpy as np
from benchmarks.fuzz.arguments import ODD, distributions, laid_out, reals, samples, spoilt, with_odd_options

import emd_ref
from emd_ref import metrics

QUANTITIES = {
    "squared_emd": "E",
    "emd": "W1",
    "cross_entropy": "XE",
    "ground_distance_penalty": "R",
    "xemd": "XE + weight*R",
}
FORMS = ("", "_grad", "_value_and_grad")


class Call(NamedTuple):
    """A function, its arguments and options, and what is known of its answer."""

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    options: dict[str, Any]
    quantity: str | None = None  # for exact arithmetic
    finite: bool = True  # whether an infinity or NaN must not be the answer
    wide: bool = False  # whether the answer is in float64, and not in the dtype of the first argument

    def __str__(self) -> str:
        kinds = [f"{x.dtype}{list(x.shape)}" if hasattr(x, "shape") else repr(x)[:60] for x in self.args]
        return f"{self.name}({', '.join(kinds)}, {str(self.options)[:300]})"


def of_distances(rng: Random) -> Call:
    """`squared_emd`, `emd`, or one of their gradients."""
    base, form = rng.choice(("squared_emd", "emd")), rng.choice(FORMS)
    p, t, options, _, _ = samples(rng)
    options = with_odd_options(rng, options, ("axis", "check", "from_logits", "mass_tolerance", "ground"))
    return Call(f"{base}{form}", getattr(emd_ref, f"{base}{form}"), (p, t), options, QUANTITIES[base])


def of_cross_entropies(rng: Random) -> Call:
    """`cross_entropy`, `ground_distance_penalty`, or `xemd` and its gradients."""
    base = rng.choice(("cross_entropy", "ground_distance_penalty", "xemd"))
    form = rng.choice(FORMS) if base == "xemd" else ""
    p, t, options, _, _ = samples(rng, labels=0.5 if base == "cross_entropy" else 0.9)
    if base == "cross_entropy":
        del options["ground"]
    else:
        options |= parameters(rng, ("exponent", "bias", "emd_weight") if base == "xemd" else ("exponent", "bias"))
    options = with_odd_options(rng, options, ("check", *options))
    function = getattr(emd_ref, f"{base}{form}")
    return Call(f"{base}{form}", function, (p, t), options, QUANTITIES[base], finite=base == "ground_distance_penalty")


def parameters(rng: Random, names: tuple[str, ...]) -> dict[str, Any]:
    """Some of the numbers of a loss."""
    choices = {"exponent": (1, 2.0, 0.5), "bias": (-0.5, 0.0, 0.25), "emd_weight": (0.0, 0.1, 3)}
    return {name: rng.choice(choices[name]) for name in names if rng.random() < 0.5}


def of_gradients(rng: Random) -> Call:
    """`softmax`, or one of the conventions of a gradient."""
    name = rng.choice(("softmax", "simplex_gradient", "normalised_gradient", "logits_gradient"))
    p, _, options, N, C = samples(rng)
    options = {"axis": options["axis"]} if "axis" in options else {}
    shape = np.shape(p) if isinstance(p, np.ndarray) else (N, C)
    g = reals(rng, shape, str(getattr(p, "dtype", "float64")))
    g = spoilt(rng, g) if rng.random() < 0.1 else g
    args = {"softmax": (g,), "simplex_gradient": (g,)}.get(name, (g, p))
    options = with_odd_options(rng, options, ("axis", "check") if name == "softmax" else ("axis",))
    return Call(name, getattr(emd_ref, name), args, options, finite=name == "softmax")


def of_metrics(rng: Random) -> Call:
    """A metric."""
    name = rng.choice(("ranked_probability_score", "ranked_probability_skill_score", "median_decode"))
    p, t, options, N, C = samples(rng)
    if name == "median_decode":
        del options["ground"]
        return Call(name, metrics.median_decode, (p,), with_odd_options(rng, options, ("check", *options)))
    if rng.random() < 0.3:
        weight: Any = np.asarray([rng.random() for _ in range(N)])
        options["sample_weight"] = spoilt(rng, weight) if rng.random() < 0.1 else weight
    if name == "ranked_probability_score":
        options["normalize"] = rng.random() < 0.5
        options["reduction"] = rng.choice(("none", "mean", "per-class"))
    elif rng.random() < 0.5:
        options["climatology"] = distributions(rng, 1, C, "float64")[0]
    options = with_odd_options(rng, options, ("check", "mass_tolerance", "sample_weight", *options))
    return Call(name, getattr(metrics, name), (p, t), options, finite=False)


def centroids(features: Any, target: Any, /, *, num_classes: Any, check: Any) -> Any:
    """The distances of the centroids of a batch that is taken in twice."""
    once = emd_ref.ClassCentroids(num_classes).update(features, target, check=check)
    return once.merge(once).ground_distance().distances


def of_centroids(rng: Random) -> Call:
    """The distances that are learnt from features."""
    _, t, _, N, C = samples(rng)
    features = np.abs(reals(rng, (N, rng.choice((1, 2, 5))), rng.choice(("float16", "float32", "float64"))))
    features = spoilt(rng, features) if rng.random() < 0.1 else features
    options = with_odd_options(rng, {"num_classes": C, "check": True}, ("num_classes", "check"))
    return Call("ClassCentroids", centroids, (laid_out(rng, features), t), options, wide=True)


def of_grounds(rng: Random) -> Call:
    """A ground distance that is made and used: of any positions, parents, lengths, or matrix."""
    C = rng.choice((1, 2, 3, 5))
    kind = rng.choice(("Ordered", "Tree", "from_nested", "GroundDistance"))
    p, k = distributions(rng, 2, C, "float64"), np.zeros(2, dtype="int64")
    match kind:
        case "Ordered":
            given: Any = [[rng.choice((*ODD, 1, 2, 3, 4.5, 1e308, -1e308, 5e-324)) for _ in range(C)]]
        case "Tree":
            given = [[rng.choice((-1, *range(C + 2))) for _ in range(C + 1)], [abs(x) for x in reals(rng, (C + 1,))]]
            if rng.random() < 0.3:
                rng.choice(given)[rng.randrange(C + 1)] = rng.choice(ODD)
        case "from_nested":
            given = [nested(rng, 4)]
        case _:
            given = [spoilt(rng, np.abs(np.subtract.outer(x := reals(rng, (C,)), x)))]
    if rng.random() < 0.2:
        given[0] = rng.choice(ODD)
    make = emd_ref.Tree.from_nested if kind == "from_nested" else getattr(emd_ref, kind)

    def use(p: Any, k: Any, /) -> Any:
        return emd_ref.squared_emd(p, k, ground=make(*given))

    return Call(f"{kind}{tuple(given)}", use, (p, k), {})


def nested(rng: Random, depth: int) -> Any:
    """Lists in lists of class numbers, or of anything."""
    if depth == 0 or rng.random() < 0.3:
        return rng.choice((*range(6), rng.choice(ODD)))
    return [nested(rng, depth - 1) for _ in range(rng.randrange(4))]


def solved(p: Any, t: Any, G: Any) -> Any:
    """What the linear programme finds, if it is one."""
    return np.asarray(emd_ref.lp.solve(p, t, G).value)


def of_programmes(rng: Random) -> Call:
    """A linear programme; its answer is in float64."""
    C = rng.choice((1, 2, 3, 5))
    x = reals(rng, (C,))
    huge = rng.random() < 0.2  # so that the least cost may be beyond float64
    p, t = (spoilt(rng, y) if huge else y for y in distributions(rng, 2, C, "float64"))
    args: list[Any] = [p, t, np.abs(x[:, None] - x) * (1e300 if huge else rng.choice((1.0, 1e-300)))]
    if rng.random() < 0.2:
        args[rng.randrange(3)] = rng.choice((*ODD, p[:-1], args[2][0], p.astype("complex128"), p.astype("bool")))
    return Call("lp.solve", solved, tuple(args), {}, finite=not huge, wide=True)
