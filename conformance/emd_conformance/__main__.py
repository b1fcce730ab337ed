"""python -m emd_conformance."""

import sys

from emd_conformance._cli.main import main

sys.exit(main())
