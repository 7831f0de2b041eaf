"""Landing of raw exports, as docs/raw-contract.md says."""

from scorecard.landing.errors import BadInput
from scorecard.landing.land import Landing, Options, Outcome, land_sample

__all__ = ["BadInput", "Landing", "Options", "Outcome", "land_sample"]
