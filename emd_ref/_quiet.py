"""NumPy without warnings: invalid values raise errors in words, and unchecked ones may give anything."""

from contextvars import Context

import numpy as np

# A context in which NumPy's error state is off: `QUIET.copy().run(function, *arguments)`. To enter a prepared context
# takes a tenth of the time of setting the error state anew.
QUIET = Context()
QUIET.run(np.seterr, all="ignore")
