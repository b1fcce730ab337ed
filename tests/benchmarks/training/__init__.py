"""Benchmark of training with the squared EMD; see docs/training.md."""
