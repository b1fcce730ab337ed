"""Changes of the source that no test can notice, each with the reason: equivalent.json."""

import json
from pathlib import Path

LISTED = json.loads((Path(__file__).parent / "equivalent.json").read_text())
EQUIVALENT: dict[tuple[str, str, str], str] = {(x["module"], x["before"], x["after"]): x["why"] for x in LISTED}
