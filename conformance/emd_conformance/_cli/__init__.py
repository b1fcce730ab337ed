"""The command line: one module for each group of commands.

Here live the parsers and what is printed. Commands and options may be added; exit codes are stable. This room stands at
the top: no other room imports it.
"""
