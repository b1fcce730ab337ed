"""Metrics for ordered classes: how good predicted distributions are, for the libraries that `emd_ref` computes with.

- `ranked_probability_score` (RPS): the squared EMD, averaged over all samples or over those of each class.
- `ranked_probability_skill_score` (RPSS): its improvement on a climatology.
- `median_decode`: the label with the smallest expected absolute error.
- `RankedProbabilityScore` and `RankedProbabilitySkillScore`: the two scores as torchmetrics metrics, which accumulate
  batches on several processes. They need torchmetrics; nothing else here does, or imports PyTorch.

Metrics that compare labels with labels are in torchmetrics and in `sklearn.metrics`:

- mean absolute error (MAE), best for the labels of `median_decode`: `torchmetrics.MeanAbsoluteError()`;
  `mean_absolute_error`;
- quadratic weighted kappa (QWK): `torchmetrics.CohenKappa("multiclass", num_classes=C, weights="quadratic")`;
  `cohen_kappa_score(..., weights="quadratic")`;
- accuracy, best for the most probable class: `torchmetrics.Accuracy("multiclass", num_classes=C)`; `accuracy_score`.

Examples
--------
A scorer for scikit-learn, whose functions take the target first, and whose scorers are better if they are greater:

>>> import numpy as np
>>> from sklearn.linear_model import LogisticRegression
>>> from sklearn.metrics import make_scorer, mean_absolute_error
>>> from sklearn.model_selection import cross_val_score
>>> from emd_ref.metrics import median_decode, ranked_probability_score
>>> def rps(labels, probabilities):
...     return float(ranked_probability_score(probabilities, labels))
>>> scorer = make_scorer(rps, response_method="predict_proba", greater_is_better=False)
>>> rng = np.random.default_rng(0)
>>> features = rng.normal(size=(300, 2))
>>> labels = np.digitize(features[:, 0] + 0.3 * rng.normal(size=300), [-1.0, 0.0, 1.0])    # 0 .. 3, in order
>>> scores = cross_val_score(LogisticRegression(), features, labels, scoring=scorer, cv=3)
>>> scores.shape, bool((-0.3 < scores).all()), bool((scores < 0).all())
((3,), True, True)

The classes of the classifier must be 0 .. C-1: each fold must hold samples of each class. The mean absolute error of
the median:

>>> classifier = LogisticRegression().fit(features, labels)
>>> bool(mean_absolute_error(labels, median_decode(classifier.predict_proba(features))) < 0.4)
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from emd_ref.metrics._median import median_decode
from emd_ref.metrics._score import ranked_probability_score
from emd_ref.metrics._skill import ranked_probability_skill_score

if TYPE_CHECKING:
    from emd_ref.metrics._torchmetrics_score import RankedProbabilityScore
    from emd_ref.metrics._torchmetrics_skill import RankedProbabilitySkillScore

__all__ = [
    "RankedProbabilityScore",
    "RankedProbabilitySkillScore",
    "median_decode",
    "ranked_probability_score",
    "ranked_probability_skill_score",
]

_OF_TORCHMETRICS = {
    "RankedProbabilityScore": "_torchmetrics_score",
    "RankedProbabilitySkillScore": "_torchmetrics_skill",
}


def __getattr__(name: str) -> Any:
    """Import the metrics of torchmetrics when they are first used."""
    if name not in _OF_TORCHMETRICS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_OF_TORCHMETRICS[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "torchmetrics"):
            raise
        raise ImportError(
            f"{name} needs {error.name}, which is not installed: pip install torchmetrics brings it. "
            "Without it, use the functions of emd_ref.metrics",
            name=error.name,
        ) from error
