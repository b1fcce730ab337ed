"""Benchmark of the squared EMD of ordered classes against other implementations and memory bandwidth: docs/speed.md."""
