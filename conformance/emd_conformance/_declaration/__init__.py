"""What an implementation declares about itself, and which cases it can therefore be asked.

Here live the declaration, its expression, the template of its call, and its options as text and flags. An option may be
added; the meaning of an option is stable. This room imports no implementation and nothing from `_calling` or above.
"""
