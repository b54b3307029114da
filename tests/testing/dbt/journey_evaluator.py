"""A plain evaluator of journeys, one run after the other, that knows no SQL; and made-up journeys to try it on."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from exports.definitions.journeys.journey_files import JourneyCampaign
from exports.definitions.journeys.program import ProgramStep, program

VALID_DAYS = 5
Transition = tuple[str, str | None, str, str, str | None, datetime]  # run, from, to, cause, detail, when
Event = tuple[str, str, datetime]  # customer, event, when


@dataclass
class Run:
    """One passage of a customer."""

    customer: str
    step: str
    entered_at: datetime
    since: datetime


@dataclass
class Evaluator:
    """Runs of one journey, advanced day by day.

    Attributes:
        journey: as it was read.
        tiers: what its conditions look at, by customer.
        runs: by customer; nobody enters twice.
        messages: outcome and moment of messages, by customer and number.
    """

    journey: JourneyCampaign
    tiers: Mapping[str, str]
    runs: dict[str, Run] = field(default_factory=dict)
    messages: dict[tuple[str, int], tuple[str, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._steps = {step.name: step for step in program(self.journey.journey)}

    def advance(self, day: date, members: Iterable[str], events: Sequence[Event]) -> list[Transition]:
        """What happens on a day: who enters, and who goes on how far."""
        seen: list[Transition] = []
        start = datetime.combine(day, time())
        for customer in members:
            if customer not in self.runs:
                first = next(iter(self._steps))
                self.runs[customer] = Run(customer, first, start, start)
                seen.append((customer, None, first, "entered", None, start))
        for run in self.runs.values():
            own = [(event, at) for who, event, at in events if who == run.customer and at.date() <= day]
            while run.step != "exit" and (found := self._next(run, day, own)):
                to_step, cause, detail, moment = found
                seen.append((run.customer, run.step, to_step, cause, detail, moment))
                run.step, run.since = to_step, moment
        return seen

    def _next(
        self, run: Run, day: date, own: list[tuple[str, datetime]]
    ) -> tuple[str, str, str | None, datetime] | None:
        goes = self._by_its_step(run, day, own)
        leaving = [(at, event) for event, at in own if event in self.journey.journey.exit_when and at > run.entered_at]
        if leaving and (goes is None or min(leaving)[0] <= goes[3]):
            at, event = min(leaving)
            return "exit", "left", event, at
        return goes and (*goes[:3], max(goes[3], run.since))

    def _by_its_step(
        self, run: Run, day: date, own: list[tuple[str, datetime]]
    ) -> tuple[str, str, str | None, datetime] | None:
        step, today = self._steps[run.step], datetime.combine(day, time())
        if step.kind == "send":
            return self._by_message(run, step, day)
        if step.kind == "wait":
            due = datetime.combine(run.since.date() + timedelta(days=step.days or 0), time())
            met = sorted(at for event, at in own if event == step.event and run.since < at < due)
            if met:
                return step.then, "happened", step.event, met[0]
            if due > today:
                return None
            return (step.otherwise, "timed_out", step.event, due) if step.event else (step.then, "waited", None, due)
        if step.kind == "branch":
            number = next(
                number for number, arm in enumerate(step.arms, start=1)
                if arm.when is None or f"'{self.tiers.get(run.customer)}'" in arm.when
            )  # fmt: skip
            return step.arms[number - 1].target, "branched", str(number), run.since
        cause = "task_set" if step.kind == "task" else "ended"
        return step.then, cause, step.task, run.since

    def _by_message(self, run: Run, step: ProgramStep, day: date) -> tuple[str, str, str | None, datetime] | None:
        outcome, at = self.messages.get((run.customer, step.message or 0), ("", run.since))
        if outcome in ("accepted", "unknown"):
            return step.then, "sent", None, at
        if outcome == "failed":
            return step.otherwise, "not_sent", "no_such_number", at
        if outcome == "" and (day - run.since.date()).days > VALID_DAYS:
            return step.otherwise, "not_sent", "waited_too_long", datetime.combine(day, time())
        return None


def made_up_journey(chosen: random.Random, name: str) -> dict[str, Any]:
    """A journey file of random steps, branches and targets, as YAML would give it."""
    counter = iter(range(1000))

    def steps(many: int, depth: int) -> list[dict[str, Any]]:
        listed = []
        for _ in range(many):
            number = next(counter)
            kind = chosen.choice(["send", "send", "wait", "until", "task"] + ["branch"] * (depth < 2))
            if kind == "branch":
                arms = [
                    {
                        "when": f"value_tier in ('{chosen.choice('abc')}', 'z')",
                        "steps": steps(chosen.randint(0, 2), depth + 1),
                    }
                    for _ in range(chosen.randint(1, 2))
                ]
                listed.append({"branch": [*arms, {"else": True, "steps": steps(chosen.randint(0, 2), depth + 1)}]})
            elif kind == "send":
                listed.append({"send": f"hello_{number}", "else": chosen.choice(["next", "exit"])})
            elif kind == "task":
                listed.append({"task": f"call_{number}"})
            elif kind == "wait":
                listed.append({"wait": {"for": f"{chosen.randint(1, 4)}d"}})
            else:
                wait = {"until": chosen.choice(["purchase", "complaint"]), "at_most": f"{chosen.randint(1, 6)}d"}
                listed.append(
                    {"wait": wait, "then": chosen.choice(["next", "exit"]), "else": chosen.choice(["next", "exit"])}
                )
        return listed

    return {
        "journey_id": name, "version": 1, "name": {"en": name}, "entry": {"segment": "everybody"},
        "holdout_percent": 0, "valid_days": VALID_DAYS, "exit_when": ["unsubscribed"],
        "channels": [{"channel": "sms", "destination": "crm"}],
        "steps": [{"task": "begin"}, *steps(6, 0)],
    }  # fmt: skip
