"""The numbers that the gate judges by. docs/quality-gate.md says what each is for."""

from __future__ import annotations

# Percent by which the rows of a fact, of a KPI, or the numbers on the page may fall between two publications.
REFUSED_FALL = 50.0
DOUBTED_FALL = 10.0
# A KPI with fewer rows than that before is not judged by percent: three rows of five are no catastrophe.
FEWEST_ROWS = 20
# Percent of the rows of an object that its tool's last day of landing may have rejected.
DOUBTED_REJECTS = 5.0
# Days by which `as_of` may lie behind the clock, and ahead of it: a bare date means that local day's end.
DOUBTED_AGE_DAYS = 14.0
REFUSED_DAYS_AHEAD = 2.0
# Sums of floating-point numbers differ in their last digits between engines.
TOLERANCE = 1e-9
# A jump between neighbouring points: the range chart's upper limit (3.268 mean moving ranges) by the reach of
# the process chart (2.66 mean moving ranges).
RANGE_BY_REACH = 3.268 / 2.66
