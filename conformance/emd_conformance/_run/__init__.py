"""Runs: an implementation is examined, its declaration is inferred, and the suite is tested on its own defects.

Here live the functions behind the public interface. Their signatures and the ids of checks are stable. This room
imports every room below it, and nothing from `_cli`.
"""
