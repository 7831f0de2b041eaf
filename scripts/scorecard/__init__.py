"""Execution scorecard: land raw exports, build the warehouse, read the ten numbers."""
