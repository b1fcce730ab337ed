import sys
from pathlib import Path

# The implementations under test are imported by name, "losses:scan", as a user's are.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))  # real_packages, the table that is tested

collect_ignore = ["run/sample_project"]  # another project: test_parametrize.py runs its tests, some of which fail
