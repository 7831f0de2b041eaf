"""KPI 10, roadmap accuracy: items of a quarter's frozen roadmap that were delivered by their planned end."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..exports import day, instant
from ..periods import add_months, quarter_start
from ..row import Row
from ..statistics import percentile_cont
from ..world import World

KPI = "roadmap_accuracy"
BASELINE_AGE_DAYS = 92


@dataclass(frozen=True)
class PlanItem:
    """One item as one version of the plan lists it."""

    item_id: str
    version_on: date
    team_id: str | None
    quarter: str | None
    planned_end_on: date | None
    commitment: str
    state: str
    delivered_at: datetime | None

    @property
    def deadline(self) -> date:
        """Return the planned end, the quarter's last day where none is given."""
        return self.planned_end_on or last_day(self.quarter or "")


def last_day(quarter: str) -> date:
    """Return a quarter's last day."""
    return add_months(quarter_start(quarter), 3) - timedelta(days=1)


def plan_items(world: World) -> list[PlanItem]:
    """Return every item of every plan version up to ``as_of``, oldest version first."""
    return world.once("plan items", lambda: _plan_items(world))


def _plan_items(world: World) -> list[PlanItem]:
    today = world.local_day(world.as_of)
    found = []
    for row in world.company.sheet("roadmap_items"):
        version = day(row["plan_version_on"])
        if version is not None and version <= today:
            found.append(
                PlanItem(
                    str(row["roadmap_item_id"]),
                    version,
                    row.get("team_id"),
                    row.get("planned_quarter"),
                    day(row.get("planned_end_on")),
                    (row.get("commitment") or "").lower(),
                    (row.get("state") or "").lower(),
                    instant_of_day(world, row.get("delivered_at")),
                )
            )
    return sorted(found, key=lambda item: (item.version_on, item.item_id))


def instant_of_day(world: World, text: str | None) -> datetime | None:
    """Read an instant; a bare date means that local day, from its beginning."""
    if text is not None and len(text.strip()) == 10:
        return world.midnight(date.fromisoformat(text.strip()))
    return instant(text)


def baseline_version(world: World, quarter: str) -> date | None:
    """Return the newest plan version by the quarter's baseline date and at most 92 days older."""
    return world.once(f"baseline of {quarter}", lambda: _baseline_version(world, quarter))


def lists_anything(world: World, quarter: str) -> bool:
    """Whether a quarter has a baseline with which, or with later plans, anything of it was ever listed."""
    version = baseline_version(world, quarter)
    return version is not None and any(
        item.quarter == quarter and item.version_on >= version for item in plan_items(world)
    )


def baseline_on(world: World, quarter: str) -> date:
    """Return the day on which a quarter's roadmap is frozen: the one given, else its first."""
    given = {row["planned_quarter"]: day(row["baseline_date"]) for row in world.company.sheet("baselines")}
    return given.get(quarter) or quarter_start(quarter)


def _baseline_version(world: World, quarter: str) -> date | None:
    frozen_on = baseline_on(world, quarter)
    versions = {item.version_on for item in plan_items(world)}
    return max(
        (
            version
            for version in versions
            if frozen_on - timedelta(days=BASELINE_AGE_DAYS) <= version <= frozen_on
        ),
        default=None,
    )


def rows(world: World) -> list[Row]:
    """Return a row per roadmap item and quarter, what was added later or aspirational included."""
    items = plan_items(world)
    quarters = sorted({item.quarter for item in items if item.quarter})
    return [row for quarter in quarters for row in _quarter_rows(world, items, quarter)]


def _quarter_rows(world: World, items: list[PlanItem], quarter: str) -> list[Row]:
    baseline = baseline_version(world, quarter)
    planned = {
        item.item_id: item for item in items if item.version_on == baseline and item.quarter == quarter
    }
    found = []
    for item_id in sorted({item.item_id for item in items if item.quarter == quarter}):
        versions = [item for item in items if item.item_id == item_id]
        if baseline is None and baseline_on(world, quarter) > world.local_day(world.as_of):
            # What has not come yet may still get its baseline.
            continue
        if baseline is None:
            first = next(item for item in versions if item.quarter == quarter)
            found.append(_left_out(world, first, quarter, "no_baseline"))
        elif item_id in planned:
            found.append(_judged(world, planned[item_id], versions, items, quarter))
        else:
            later = [item for item in versions if item.quarter == quarter and item.version_on > baseline]
            if later:
                found.append(_left_out(world, later[0], quarter, "added_after_baseline"))
    return found


def _blank(world: World, item: PlanItem, quarter: str) -> Row:
    return Row(
        KPI,
        f"{item.item_id}@{quarter}",
        occurred_at=world.midnight(last_day(quarter)),
        team_id=item.team_id,
        details={
            "item_id": item.item_id,
            "quarter": quarter,
            "quarter_end_on": last_day(quarter),
            "version_on": item.version_on,
            "deadline": item.deadline,
        },
    )


def _left_out(world: World, item: PlanItem, quarter: str, reason: str) -> Row:
    row = _blank(world, item, quarter)
    row.excluded_because = reason
    return row


def delivery(world: World, versions: list[PlanItem]) -> tuple[datetime | None, bool]:
    """Return when an item was delivered, and whether only the first version that says so dates it."""
    if versions[-1].state != "delivered":
        return None, False
    saying = [item for item in versions if item.state == "delivered"]
    dated = [item.delivered_at for item in saying if item.delivered_at is not None]
    if not dated:
        return world.midnight(saying[0].version_on), True
    return (dated[-1], False) if dated[-1] <= world.as_of else (None, False)


def _judged(
    world: World, planned: PlanItem, versions: list[PlanItem], items: list[PlanItem], quarter: str
) -> Row:
    row = _blank(world, planned, quarter)
    deadline = planned.deadline + timedelta(days=world.settings.roadmap_grace_days)
    if planned.commitment != "committed":
        row.excluded_because = "aspirational"
    elif planned.state == "delivered" and not _is_yet_to_come(world, planned.delivered_at):
        row.excluded_because = "delivered_before_baseline"
    elif planned.state in ("cancelled", "deferred"):
        row.excluded_because = f"{planned.state}_before_baseline"
    delivered_at, row.is_inferred = delivery(world, versions)
    row.ended_at = delivered_at
    row.is_immature = world.is_immature(world.midnight(deadline + timedelta(days=1)), "planning")
    if delivered_at is not None:
        row.details["slip_days"] = (world.local_day(delivered_at) - planned.deadline).days
    if row.excluded_because is None:
        is_hit = delivered_at is not None and world.local_day(delivered_at) <= deadline
        is_missed = not is_hit and not row.is_immature
        row.verdict = "yes" if is_hit else "no" if is_missed else None
        row.details["missed_because"] = _miss(planned, versions, items, deadline) if is_missed else None
    return row


def _is_yet_to_come(world: World, at: datetime | None) -> bool:
    return at is not None and at > world.as_of


def _miss(planned: PlanItem, versions: list[PlanItem], items: list[PlanItem], deadline: date) -> str:
    """Return why an item was not delivered in time."""
    newest = versions[-1]
    later = [item for item in versions if item.version_on > planned.version_on]
    if newest.state in ("cancelled", "deferred"):
        return newest.state
    # What is planned anew once it is late was late.
    in_time = [item for item in later if item.version_on <= deadline]
    if any(item.quarter != planned.quarter or item.deadline > planned.deadline for item in in_time):
        return "replanned"
    if newest.version_on < max(item.version_on for item in items) and newest.state != "delivered":
        return "dropped"
    return "late"


def median_slip(rows_of_scope: list[Row]) -> float | None:
    """Return the median signed slip in days of the counted items that were delivered."""
    slips = [row.details["slip_days"] for row in rows_of_scope if "slip_days" in row.details]
    return percentile_cont(slips, 0.5)
