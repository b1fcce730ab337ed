"""The squared EMD of ordered classes on a CUDA GPU: the CUDA source, and how CuPy launches it.

The source is compiled at run time. Importing this room does not import CuPy: the caller's arrays bring it.
"""
