"""Holds the warehouse against the oracle: every observation and every number of the ten KPIs.

Both are read into plain rows with the same keys and columns, so that a difference is a key, a column and two
values.
"""
