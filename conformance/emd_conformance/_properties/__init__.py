"""Properties that every squared EMD has, tried on cases that Hypothesis draws.

Here live the drawn cases, the engine that shrinks counter-examples and the properties themselves. A property may be
added; it needs a proof and an error bound. This room imports nothing from `_diagnosis` or above, and Hypothesis only
when a property is tried.
"""
