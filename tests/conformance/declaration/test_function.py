"""What is certified is named in words: the function, its ground distance and its reduction."""

import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.function import function_of

NOT_E = "; this is not the squared EMD"
WORDS = [
    ({}, "E, the squared EMD of ordered classes"),
    ({"reduction": "mean"}, "E, the squared EMD of ordered classes (mean over the batch)"),
    ({"ground": "positions"}, "E, the squared EMD of classes at positions"),
    ({"ground": "circle"}, "E, the squared EMD of classes on a circle"),
    ({"ground": "tree"}, "E, the squared EMD of classes on a tree"),
    ({"ground": "matrix"}, "E, the squared EMD of classes with a matrix of ground distances"),
    ({"computes": "W1"}, "W1, the EMD on a line" + NOT_E),
    (
        {"computes": "W1", "ground": "circle", "reduction": "sum"},
        "W1, the EMD on a circle (sum over the batch)" + NOT_E,
    ),
    ({"computes": "XE", "reduction": "mean"}, "XE, the cross-entropy (mean over the batch)" + NOT_E),
    ({"computes": "sqrt(E/C)"}, "sqrt(E/C), where E is the squared EMD of ordered classes"),
    ({"computes": "2*W1"}, "2*W1, where W1 is the EMD on a line" + NOT_E),
    (
        {"computes": "sqrt(E/range)"},
        "sqrt(E/range), where E is the squared EMD of ordered classes, and range the largest ground distance (2.6)",
    ),
    (
        {"computes": "0.7*XE +  0.3*E"},
        "0.7*XE + 0.3*E, where E is the squared EMD of ordered classes, and XE the cross-entropy",
    ),
    ({"computes": "R", "call": "p, t, w"}, "R, the penalty on distant classes (6.2) (each sample weighted)" + NOT_E),
    (
        {"call": "p, t, w", "reduction": "weighted-mean"},
        "E, the squared EMD of ordered classes (weighted mean over the batch, each sample weighted)",
    ),
    ({"computes": "C - 1"}, "C - 1, a constant" + NOT_E),
    ({"computes": "W1", "ground": "positions"}, "W1, the EMD on a line, at positions" + NOT_E),
    ({"computes": "W1", "ground": "matrix"}, "W1, the EMD under a matrix of ground distances" + NOT_E),
]


@pytest.mark.parametrize(("options", "words"), WORDS, ids=[words for _, words in WORDS])
def test_the_function_in_words(options, words):
    assert function_of(Declaration(**options)) == words
