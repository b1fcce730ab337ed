"""A report of each kind, for the tests of the forms."""

import emd_conformance
import losses
import numpy as np

HOSTILE = '</pre><script>alert(1)</script>\x1b[31m\x00 \ud800 & "quoted" {{ 7 * 7 }} [red]'
DEVIATION = {f"{case}:value": "one class is offset" for case in ("line/one-class", "rare/one-class-1")}


def crash(p, t):
    raise ValueError(HOSTILE)


def report_of(loss, **options):
    return emd_conformance.run(loss, **({"classes": (1, 3)} | options))


ASKED = {
    "conforming": (losses.scan, {"grad": losses.free_gradient}),
    "wrong": (lambda p, t: np.square(p - t).sum(-1), {"classes": (1, 3, 4)}),
    "infinite": (lambda p, t: losses.scan(p, t) / 0.0, {}),
    "crashing": (crash, {}),
    "deviating": (losses.offset_for_one_class, {"deviations": DEVIATION}),
    "stale": (losses.scan, {"deviations": DEVIATION}),
    "broken": ("nowhere:" + HOSTILE, {}),
    "uncallable": (losses.scan, {"grad": "autograd"}),
    "empty": (losses.scan, {"classes": (77,)}),
    "partial": (losses.scan, {"classes": (1, 77)}),
}


class Reports(dict):
    """The reports of the above, each made when it is first looked at."""

    def __missing__(self, name):
        loss, options = ASKED[name]
        self[name] = report_of(loss, **options)
        return self[name]


REPORTS = Reports()
