"""Numbers of one's own against exact arithmetic: `assert_right` for the tests of other projects.

`arrays` reads arrays of any library, `samples` are their rows as the rest of the suite sees them, `filter` finds rows
that are certainly right, and `judge` decides about the others exactly.
"""
