"""Made-up rules of tags and metrics of customers, with a plain evaluator of the rules that knows no SQL."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

COLUMNS = (
    "tag", "value", "family", "metric", "operator", "lower", "upper", "share", "word", "name_zh", "name_en",
    "value_zh", "value_en", "owner", "since", "sensitive", "purpose",
)  # fmt: skip
KINDS = {
    "spend": "number", "visits": "number", "city": "word", "is_member": "flag", "last_day": "day", "next_day": "day",
}  # fmt: skip
_TYPES = {"number": "decimal(18, 2)", "word": "text", "flag": "boolean", "day": "date"}
Rule = dict[str, str]
Customers = dict[str, dict[str, Any]]  # metrics by customer


@dataclass
class TagWorld:
    """Rules that stay, and customers who change from day to day.

    Attributes:
        rules: rows of the seed tag_rules.
        customers: their metrics.
        not_profiled: customers without inferred tags.
        changed: who changed on the last day.
    """

    seed: int
    first_day: date
    rules: list[Rule] = field(default_factory=list)
    customers: Customers = field(default_factory=dict)
    not_profiled: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self.rules = self._some_rules()
        for number in range(300):
            self.customers[f"c_{number}"] = self._some_metrics()
        self.not_profiled = set(self._random.sample(sorted(self.customers), 20))

    def live(self) -> None:
        """Some customers change, a few are new, a few are profiled no more."""
        chosen = self._random
        self.changed = set(chosen.sample(sorted(self.customers), 15)) | {f"c_{chosen.randrange(300, 900)}"}
        for customer in self.changed:
            self.customers[customer] = self._some_metrics()
        self.not_profiled ^= set(chosen.sample(sorted(self.customers), 5))

    def write(self, project: Path, data: Path) -> None:
        """Write seeds of a dbt project and the tables that its metric models read."""
        (project / "seeds").mkdir(parents=True, exist_ok=True)
        with (project / "seeds" / "tag_rules.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rules)
        families = "family,position,name_zh,name_en,is_inferred\nmade,1,甲,Made,false\ninferred,2,乙,Inferred,true\n"
        (project / "seeds" / "tag_families.csv").write_text(families, encoding="utf-8")
        data.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            typed = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in KINDS.items())
            connection.execute(f"create table metrics (customer_id text, {typed})")
            rows = [[one, *(values[name] for name in KINDS)] for one, values in sorted(self.customers.items())]
            connection.executemany(f"insert into metrics values ({', '.join('?' * (len(KINDS) + 1))})", rows)
            connection.execute(f"copy metrics to '{data}/metrics.parquet'")
            for name, ids in (("not_profiled", self.not_profiled), ("changed", self.changed)):
                connection.execute("create or replace table ids (customer_id text)")
                connection.executemany("insert into ids values (?)", [[one] for one in sorted(ids) or [""]])
                connection.execute(f"copy ids to '{data}/{name}.parquet'")

    def expected(self, as_of: date) -> set[tuple[str, str, str | None]]:
        """Customer, tag and value, by the meaning that the seed's description gives each operator."""
        found = set()
        for rule in self.rules:
            if rule["since"] and date.fromisoformat(rule["since"]) > as_of:
                continue
            known = {one: row[rule["metric"]] for one, row in self.customers.items() if row[rule["metric"]] is not None}
            for customer, metric in known.items():
                if rule["family"] == "inferred" and customer in self.not_profiled:
                    continue
                if _holds(rule, metric, list(known.values()), as_of):
                    value = metric if rule["operator"] == "each" else rule["value"] or None
                    found.add((customer, rule["tag"], value))
        return found

    def _some_metrics(self) -> dict[str, Any]:
        chosen, today = self._random, self.first_day
        metrics = {
            "spend": chosen.choice([0, 10, 10.5, 99.99, 100, chosen.randrange(100_000) / 100]),
            "visits": chosen.choice([0, 1, 1, 1, 2, 3, 50]),
            "city": chosen.choice(["北京", "上海", "Xi'an", ""]),
            "is_member": chosen.choice([True, False]),
            "last_day": today - timedelta(days=chosen.choice([-3, 0, 1, 29, 30, 31, 88, 89, 90, 91, 400])),
            "next_day": today + timedelta(days=chosen.choice([0, 1, 6, 7, 8, 29, 30, 31])),
        }
        return {name: None if chosen.random() < 0.15 else value for name, value in metrics.items()}

    def _some_rules(self) -> list[Rule]:
        chosen, rules = self._random, list[Rule]()
        empty = dict.fromkeys(COLUMNS, "")

        def add(tag: str, metric: str, operator: str, **cells: str) -> None:
            family = "inferred" if sum(map(ord, tag)) % 2 else "made"  # the same for all values of a tag
            names = {"name_zh": tag, "name_en": tag, "owner": "crm"}
            rules.append(empty | names | {"tag": tag, "family": family, "metric": metric, "operator": operator} | cells)

        for number in range(6):
            edges = sorted(chosen.sample([0, 1, 2, 3, 10, 10.5, 50, 99.99, 100, 300], 3))
            metric = chosen.choice(["spend", "visits"])
            add(f"from_{number}", metric, "between", lower=str(edges[0]))
            add(f"below_{number}", metric, "between", upper=str(edges[2]))
            for value, lower, upper in (("low", "", edges[0]), ("middle", edges[0], edges[1]), ("high", edges[1], "")):
                bounds = {"lower": str(lower), "upper": str(upper)}
                add(f"bands_{number}", metric, "between", value=value, **bounds)
            days = sorted(chosen.sample([-7, -1, 0, 1, 2, 29, 30, 90], 2))
            day = chosen.choice(["last_day", "next_day"])
            add(f"days_{number}", day, "days_ago", lower=str(days[0]), upper=str(days[1]))
            add(f"since_{number}", day, "days_ago", lower=str(days[1]))
            add(f"until_{number}", day, "days_ago", upper="30")
            share = chosen.choice(["0.5", "5", "10", "33.3333", "50", "90"])
            add(f"top_{number}", metric, "top_share", share=share)
            add(f"bottom_{number}", metric, "bottom_share", share=share)
        add("xian", "city", "is", word="Xi'an")
        add("member", "is_member", "is_true")
        add("city", "city", "each")
        add("known", "last_day", "is_known")
        add("later", "spend", "is_known", since=str(self.first_day + timedelta(days=2)))
        return rules


def _holds(rule: Rule, metric: Any, all_values: list[Any], as_of: date) -> bool:
    operator = rule["operator"]
    lower = float(rule["lower"]) if rule["lower"] else None
    upper = float(rule["upper"]) if rule["upper"] else None
    if operator in ("between", "days_ago"):
        number = metric if operator == "between" else (as_of - metric).days
        least = 0 if lower is None and operator == "days_ago" else lower
        return (least is None or number >= least) and (upper is None or number < upper)
    if operator in ("top_share", "bottom_share"):
        is_top = operator == "top_share"
        beside = sum(other >= metric if is_top else other <= metric for other in all_values)
        return beside * 100 <= float(rule["share"]) * len(all_values)
    return {"is": metric == rule["word"], "is_true": metric is True, "each": True, "is_known": True}[operator]
