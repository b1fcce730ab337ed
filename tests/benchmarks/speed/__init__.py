"""How fast the squared EMD of ordered classes is, against its rivals and the bandwidth of memory: docs/speed.md."""
