"""The arguments of a call are parsed as a template and filled with values."""

import numpy as np
import pytest
from emd_conformance._declaration.errors import CallError, DeclarationError
from emd_conformance._declaration.template import apply, arguments, indexed_in, names_in, parse_call


def test_a_template_is_filled_with_names_and_literals_and_nothing_else():
    names = {"p": 1, "t": 2, "C": 5}
    assert arguments("t, p, onehot=True, scale=-2.5, n=C", names) == ([2, 1], {"onehot": True, "scale": -2.5, "n": 5})
    rows = names | {"x": np.array([0.0, 1.5, 4.0]), "k": np.array([2, 0])}
    (at, first), _ = arguments("x[k], x[:-1]", rows)
    assert (at.tolist(), first.tolist()) == ([4.0, 0.0], [0.0, 1.5])
    for bad in ("p[t]", "x[q]", "x[k]", "p, q", "p, f(t)", "p t", "p, t + 1"):
        with pytest.raises(CallError, match="call="):
            arguments(bad, names)


X = [0, 10, 20, 30, 40]


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("x[C]", 30),
        ("x[-1]", 40),
        ("x[1:C]", [10, 20]),
        ("x[C:]", [30, 40]),
        ("x[::2]", [0, 20, 40]),
        ("(C, x[0])", (3, 0)),
        ("'mean'", "mean"),
        ("[1, 2]", [1, 2]),
    ],
)
def test_an_argument(template, value):
    assert arguments(f"{template}, y={template}", {"x": X, "C": 3}) == ([value], {"y": value})


def test_an_index_for_several_axes():
    assert arguments("x[..., 0]", {"x": np.array([[1, 2], [3, 4]])})[0][0].tolist() == [1, 3]
    assert arguments("x[1, :]", {"x": np.array([[1, 2], [3, 4]])})[0][0].tolist() == [3, 4]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("p, q", "'q' is neither a literal nor one of p, t"),
        ("p, f(t)", "f.t. is neither a literal nor one of p, t"),
        ("p, t + 1", "t . 1 is neither a literal"),
        ("p[7]", "an index does not fit"),
        ("t[0]", "an index does not fit"),
        ("p, {[]: 1}", "is neither a literal"),
    ],
)
def test_an_argument_that_cannot_be_filled_is_named(template, words):
    with pytest.raises(CallError, match=words):
        arguments(template, {"p": [1, 2], "t": 3})


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("p, (t", "is not a list of arguments: "),
        ("p) + f(t", "is not a list of arguments$"),
        ("*p", "write each argument"),
        ("p, **t", "write each argument"),
    ],
)
def test_what_is_no_list_of_arguments_is_refused(template, words):
    with pytest.raises(DeclarationError, match=words):
        parse_call(template)


def test_the_names_of_a_template():
    assert names_in("p, x[k], weight=w, reduction='mean'") == {"p", "x", "k", "w"}
    assert names_in("") == set()
    assert indexed_in("p, x[k], G[t, :C], y=z[a[b]]") == {"k", "t", "C", "a", "b"}
    assert indexed_in("p, t[0]") == set()


def test_a_template_is_parsed_once():
    assert parse_call("p, t, once=1") is parse_call("p, t, once=1")
    assert indexed_in("p, x[once]") is indexed_in("p, x[once]")


def test_a_function_is_called_with_what_a_template_says():
    assert apply(lambda *args, **options: (args, options), "t, p, C=C", {"p": 1, "t": 2, "C": 3}) == ((2, 1), {"C": 3})
