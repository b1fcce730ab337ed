"""Cases as Python code that can be pasted into a test.

Here live literals, the call of a case, and the test module of a case. The layout of the code may be changed; its
numbers must stay exact. This room imports nothing from `_reports` or above.
"""
