"""python -m emd_conformance."""

import sys

from emd_conformance._cli import main

sys.exit(main())
