"""A sample of calls of emd_ref through its public interface: see tests/benchmarks/recorded_calls.py."""
