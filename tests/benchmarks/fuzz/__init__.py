"""Calls of the public functions of emd_ref with anything, and what clause 8 does not allow of them."""
