"""What `generate.py` writes: inputs, what the oracle makes of them, and the groups of cases."""
