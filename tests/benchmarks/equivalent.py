"""Changes of the source that no test can notice, each with the reason: (module, line before, line after)."""

EQUIVALENT: dict[tuple[str, str, str], str] = {}
