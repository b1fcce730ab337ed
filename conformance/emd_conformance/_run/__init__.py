"""Runs: an implementation is examined or tested, its declaration is inferred, and the suite examines itself.

Here live the functions of the public interface. Their signatures and the ids of checks are stable. This room imports
nothing from `_cli`.
"""
