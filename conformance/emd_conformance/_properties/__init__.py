"""The properties that every squared EMD has, and how they are tried on cases that Hypothesis draws.

The properties, the drawn cases, and the engine that shrinks counter-examples live here. A property may be added; it
needs a proof and an error bound. This room imports nothing from `_diagnosis` or above, and Hypothesis only when a
property is tried.
"""
