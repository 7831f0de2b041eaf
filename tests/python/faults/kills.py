"""Kills at random moments, each followed by what has to hold."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .checking import Watch, wrong_ending, wrong_reading
from .place import STEPS, Place, Running, kinds_of_readers

# How often a step is chosen; within a step every moment is as likely as another.
WEIGHTS = {"start": 1, "land": 2, "build": 3, "check": 2, "publish": 3, "end": 1}
LONGEST_SERIES = 3


@dataclass
class Figures:
    """What a campaign counted."""

    kills: Counter[str] = field(default_factory=Counter)
    of_a_group: int = 0
    after_the_swap: int = 0
    refreshes: int = 0
    resumed: int = 0
    too_late: int = 0
    readers: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def killed(self) -> int:
        return self.kills.total()

    def table(self) -> str:
        """The figures as lines of a table."""
        reads = sum(reader["reads"] for reader in self.readers)
        rows = [(f"killed in {step}", self.kills[step]) for step in STEPS]
        rows += [
            ("killed in all", self.killed),
            ("… with all that it had started", self.of_a_group),
            ("… after the swap", self.after_the_swap),
            ("refreshes that then published", self.refreshes),
            ("… with --resume", self.resumed),
            ("ended before they were killed", self.too_late),
            ("readers", len(self.readers)),
            ("their queries", reads),
            ("… with an error", sum(reader["error_count"] for reader in self.readers)),
            ("… of mixed versions", sum(reader["mixed"] for reader in self.readers)),
            ("slowest query, seconds", max((reader["slowest"] for reader in self.readers), default=0)),
            ("what did not hold", len(self.wrong)),
        ]
        return "\n".join(f"{name:34}{value:>10}" for name, value in rows)


class Campaign:
    """Refreshes of one place, killed in series of one to three; after each series one runs to its end."""

    def __init__(
        self, place: Place, seed: int, say: Callable[[str], None] = lambda _: None, seconds: float = 0
    ) -> None:
        """`seconds`: after which no series begins; 0 for no limit."""
        self.place = place
        self._deadline = time.monotonic() + seconds if seconds else None
        self.say = say
        self.figures = Figures()
        self._random = random.Random(seed)
        self._watch = Watch(place)
        self._seconds: dict[str, float] = {}

    def run(self, kills: int, readers: int = 2, pause: float = 0.02, publications: int = 0) -> Figures:
        """Publish twice, then kill so many refreshes and publish as often besides while readers read."""
        self._watch.new_exports()
        self._publish("the first refresh")
        self._publish("an undisturbed refresh", is_new=True)
        with self.place.readers(kinds_of_readers(self.place.engine, readers), pause) as told:
            series = 0
            for number in range(publications):
                self._publish(f"undisturbed refresh {number + 1}", is_new=True)
            while self.figures.killed < kills and not self.figures.wrong and not self._is_late():
                series += 1
                self._series(
                    series, min(self._random.randint(1, LONGEST_SERIES), kills - self.figures.killed)
                )
        self.figures.readers += told
        self.figures.wrong += wrong_reading(told)
        return self.figures

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() > self._deadline

    def _series(self, number: int, length: int) -> None:
        self._watch.new_exports()
        for _ in range(length):
            if not self._kill(f"series {number}"):
                # It published before its moment came: the next one needs something to land.
                self._watch.new_exports()
        self._publish(f"the refresh after series {number}")

    def _kill(self, where: str) -> bool:
        """Start a refresh and kill it at a random moment; False where it had ended before."""
        can_resume = bool(self._open_run())
        options = ["--resume"] if can_resume and self._random.random() < 0.6 else []
        step = self._random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        share, is_group = self._random.random(), self._random.random() < 0.5
        before = self.place.current()
        running = self.place.start(*options)
        running.wait_for(step)
        moment = running.since + share * self._seconds.get(running.step, 1.0)
        while running.process.poll() is None and time.monotonic() < moment:
            time.sleep(0.001)
        hit, within = running.step, time.monotonic() - running.since
        running.kill(is_group) if running.process.poll() is None else None
        ended = running.ended()
        if ended.exit_code >= 0:
            self.figures.too_late += 1
            self.figures.wrong += [f"{where}: {told}" for told in wrong_ending(ended, 0)]
            return False
        self.figures.kills[hit] += 1
        self.figures.of_a_group += is_group
        after = self.place.current()
        self.figures.after_the_swap += after != before
        if after != before and after != running.run_id:
            self.figures.wrong.append(f"{where}: {after} is current, and {running.run_id} was killed")
        told = [where, running.run_id or "-", *options, f"killed in {hit} after {within:.2f} s"]
        told += ["with its children"] if is_group else []
        told += ["after the swap"] if after != before else []
        self.say(f"{self.figures.killed:4} {' '.join(told)}")
        return True

    def _open_run(self) -> list[Any]:
        """A run that `--resume` would take up."""
        if not self.figures.refreshes:
            return []
        last = self.place.query("select run_id, status from raw_meta.runs order by run_id desc limit 1")
        return [run_id for run_id, status in last if status != "published" and run_id != self.place.current()]

    def _publish(self, what: str, is_new: bool = False) -> None:
        """A refresh that nobody disturbs; all has to hold after it."""
        if is_new:
            self._watch.new_exports()
        options = ["--resume"] if self._open_run() and self._random.random() < 0.5 else []
        running, found = self._watch.publish(*options)
        self._learn(running)
        self.figures.refreshes += 1
        self.figures.resumed += bool(options)
        self.figures.wrong += [f"{what} {' '.join(options)}: {told}" for told in found]
        self.say(
            f"     {what} {' '.join(options)}: {running.run_id} published, {len(found)} wrong {found[:3]}"
        )

    def _learn(self, running: Running) -> None:
        for step, seconds in running.seconds.items():
            self._seconds[step] = max(seconds, self._seconds.get(step, 0.0))
