"""The report, and the forms in which it is shown: text, terminal, JSON, JUnit and HTML.

Here live the verdict and the renderers. A form may be added; the JSON format and the exit codes are stable. This room
imports nothing from `_properties` or above.
"""
