"""Simulates a company at work, so that there are exports to try, test and measure with."""

from scorecard.simulate.command import command
from scorecard.simulate.config import SimulationConfig, SimulationError
from scorecard.simulate.export import write_company

__all__ = ["SimulationConfig", "SimulationError", "command", "write_company"]
