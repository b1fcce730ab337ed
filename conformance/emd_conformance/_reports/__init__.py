"""The report and its forms: text, terminal, JSON, JUnit XML, HTML, Markdown, a badge, and a part of a notebook.

The verdict and the renderers live here. A form may be added; the JSON format and the exit codes must not change. This
room imports nothing from `_properties` or above.
"""
