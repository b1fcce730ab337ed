"""How an implementation is called: in this process, in a process of its own, or through Protocol 1.

Here live array libraries, gradients, processes and messages. A way to call may be added; a call must never change an
answer. This room does not know which answers are right: it imports nothing from `_judging` or above.
"""
