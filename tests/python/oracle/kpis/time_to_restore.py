"""KPI 6, time to restore: from the start of an incident episode to its end."""

from ..deployments import deployment_log
from ..episodes import Episode, LeftOut, ended_at, episodes, started_at
from ..row import Row, seconds_between
from ..world import World
from .change_failure_rate import deployment_blamed_for

KPI = "time_to_restore"


def rows(world: World) -> list[Row]:
    """Return a row per episode and per incident that is left out; durations in seconds."""
    found, left_out = episodes(world)
    return [_row(world, episode) for episode in found] + [_left_out(world, item) for item in left_out]


def _row(world: World, episode: Episode) -> Row:
    log = deployment_log(world)
    deployment, is_explicit = deployment_blamed_for(world, log, episode)
    row = Row(
        KPI,
        episode.episode_id,
        started_at=episode.started_at,
        ended_at=episode.ended_at,
        occurred_at=episode.ended_at,
        is_open=episode.ended_at is None,
        opens_at=episode.started_at,
        team_id=world.team_of_service(episode.service_id),
        service_id=episode.service_id,
        details={
            "incident_ids": [incident.incident_id for incident in episode.incidents],
            "blamed_deployment_id": None if deployment is None else deployment.deployment_id,
            "is_blame_explicit": is_explicit,
            "is_deployment_blamed": deployment is not None,
        },
    )
    if episode.ended_at is not None:
        row.duration_seconds = seconds_between(episode.started_at, episode.ended_at)
    if episode.is_negative:
        row.excluded_because = "negative_duration"
    elif episode.is_transient:
        row.excluded_because = "transient"
    return row


def _left_out(world: World, item: LeftOut) -> Row:
    end = ended_at(world, item.incident)
    return Row(
        KPI,
        item.incident.incident_id,
        started_at=started_at(world, item.incident),
        ended_at=end,
        occurred_at=end,
        excluded_because=item.excluded_because,
        team_id=world.team_of_service(item.service_id),
        service_id=item.service_id,
    )
