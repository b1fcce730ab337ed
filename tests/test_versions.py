"""The lists of versions say the same."""

import re
from pathlib import Path

TESTS = Path(__file__).parent


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name: str) -> dict[str, str]:
    """Each package that a list pins, and its version."""
    found = re.findall(r"^([\w.-]+)==([\w.+]+)", (TESTS / name).read_text("utf-8"), re.MULTILINE)
    return {canonical(package): version for package, version in found}


def test_hashes_are_those_of_the_pinned_versions() -> None:
    hashed, pinned = pins("hashes.txt"), pins("constraints.txt")
    assert {name: version for name, version in hashed.items() if pinned.get(name, version) != version} == {}
    assert hashed.keys() >= {"numpy", "scipy", "array-api-compat", "hatchling", "pytest", "jax"}


def test_every_package_has_a_hash() -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", (TESTS / "hashes.txt").read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins("hashes.txt"))
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", block) for block in blocks)
