"""Commands that start harnesses: those of the repository, and those of these tests, most of which are wrong."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "conformance"
HARNESSES = Path(__file__).parent / "calling" / "harnesses"
PYTHON = shlex.quote(sys.executable)


def program(name):
    return shutil.which(name) or pytest.skip(f"{name} is not installed")


def node(name):
    return f"cmd:{program('node')} {shlex.quote(str(HARNESSES / 'wrong.js'))} {name}"


def nonsense(name):
    return f"cmd:{PYTHON} {shlex.quote(str(HARNESSES / 'nonsense.py'))} {name}"


def compiled(folder):
    """Compile the harness in C and return its command."""
    file = folder / "squared_emd"
    flags = ["-O2", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-o", str(file)]
    sources = [str(ROOT / "harnesses/c" / name) for name in ("squared_emd.c", "emd_protocol.c")]
    subprocess.run([program("gcc"), *flags, *sources, "-lm"], check=True)
    return f"cmd:{shlex.quote(str(file))}"


def compiled_cpp(folder):
    """Compile the harness in C++ and return its command."""
    file, source = folder / "squared_emd", str(ROOT / "harnesses/cpp/squared_emd.cpp")
    flags = ["-O1", "-std=c++17", "-pedantic", "-Wall", "-Wextra", "-Werror", "-o", str(file)]
    subprocess.run([program("g++"), *flags, source], check=True)
    return f"cmd:{shlex.quote(str(file))}"


def example(language):
    """Return the command of the harness in JavaScript, R or Python."""
    if language == "r":
        has_jsonlite = ["-e", "quit(status = !requireNamespace('jsonlite'))"]
        if subprocess.run([program("Rscript"), *has_jsonlite], capture_output=True, check=False).returncode:
            pytest.skip("the package jsonlite of R is not installed")
        return f"cmd:{program('Rscript')} {shlex.quote(str(ROOT / 'harnesses/r/squared-emd.R'))}"
    if language == "node":
        return f"cmd:{program('node')} {shlex.quote(str(ROOT / 'harnesses/node/squared-emd.js'))}"
    return f"cmd:{PYTHON} {shlex.quote(str(ROOT / 'harnesses/python/squared_emd.py'))}"
