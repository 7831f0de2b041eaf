"""Random companies of odd shapes: simulated small, then mutated row by row, and held against the oracle."""
