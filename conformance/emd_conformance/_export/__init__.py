"""The vectors for programs without exact arithmetic, and the harnesses, as files.

`doubles` turns cases into doubles with their error bounds, `files` writes them as JSON or CSV, and `harnesses` copies
the examples of Protocol 1.
"""
