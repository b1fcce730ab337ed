"""The report and its forms: text, terminal, JSON, JUnit XML and HTML.

The verdict and the renderers live here. A form may be added; the JSON format and the exit codes must not change. This
room imports nothing from `_properties` or above.
"""
