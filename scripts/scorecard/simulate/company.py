"""A company's life from the first to the last day of the simulated span."""

from __future__ import annotations

import random

from scorecard.simulate.clock import EventQueue
from scorecard.simulate.config import SimulationConfig
from scorecard.simulate.crm import Crm
from scorecard.simulate.deployments import Deployments
from scorecard.simulate.development import Development
from scorecard.simulate.incidents import Incidents
from scorecard.simulate.landscape import make_services
from scorecard.simulate.people import make_company
from scorecard.simulate.pulls import Pulls
from scorecard.simulate.roadmap import Roadmap
from scorecard.simulate.sprints import Sprints
from scorecard.simulate.state import World
from scorecard.simulate.tracker import Tracker


def simulate(config: SimulationConfig, until: int | None = None) -> World:
    """Live through the span, or to an instant within it; the same configuration gives the same world.

    Args:
        config: what the company is like.
        until: epoch seconds at which the life stops before its end; until then it is the same.
    """
    world = World(config, random.Random(config.seed), EventQueue(config.start))
    make_company(config, world)
    make_services(world)
    tracker = Tracker(world)
    sprints = Sprints(world, tracker)
    pulls = Pulls(world)
    incidents = Incidents(world, tracker)
    deployments = Deployments(world, pulls, incidents)
    roadmap = Roadmap(world, tracker, sprints)
    development = Development(world, tracker, sprints, pulls)
    development.finished_listeners.append(roadmap.finished)
    crm = Crm(world, tracker)
    for part in (roadmap, sprints, development, deployments, incidents, crm):
        part.start()
    world.queue.run(config.end if until is None else until)
    return world
