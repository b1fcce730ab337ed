"""The groups of cases that `generate.py` writes: inputs, and their exact values and gradients."""
