"""A second, independent reckoning of the ten KPIs, in plain Python over raw exports.

It is written from the definitions alone and shares no code with the warehouse, so that a number
on which both agree was reached twice.  It is slow and obvious on purpose.
"""
