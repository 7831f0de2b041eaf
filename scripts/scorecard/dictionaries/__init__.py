"""Dictionaries that are computed rather than kept by hand."""
