"""Weights of the classes are what the words of their finding say."""

import math
import re

import pytest
from emd_conformance._diagnosis.class_weights import PATTERNS


def stated(words: str, k: int, C: int) -> float:
    """The weight of class k of C by the words, such as "w_k = 2(C-k+1)/(C(C+1))"."""
    if match := re.fullmatch(r"w_k alternates between (\d) and (\d)", words):
        return float(match[2 - k % 2])
    text = words.removeprefix("w_k = ").replace("²", "**2").replace("^", "**")
    text = re.sub(r"\|(.*)\|", r"abs(\1)", text)
    text = re.sub(r"(?<=[\dkC)])(?=[kC(])", "*", text)  # a product is written without a sign
    return float(eval(text, {"abs": abs, "sqrt": math.sqrt, "k": k, "C": C}))


@pytest.mark.parametrize("words", PATTERNS)
def test_a_pattern_is_what_it_is_called(words: str) -> None:
    for C in range(2, 8):
        for k in range(1, C + 1):
            assert float(PATTERNS[words](k, C)) == pytest.approx(stated(words, k, C), rel=1e-15, abs=0), (k, C)
