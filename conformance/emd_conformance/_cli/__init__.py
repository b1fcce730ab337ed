"""The command line: one module for each group of commands.

Here live the parsers and the output of commands. Commands and flags may be added; exit codes are stable. This room may
import all others, and none imports it.
"""
