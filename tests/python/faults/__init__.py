"""Refreshes that are disturbed for real: killed, cut off from their disk or server, read by many."""
