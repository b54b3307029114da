"""Three hundred tags of made-up metrics: in full and on a day, against a hand-written script."""

from __future__ import annotations

import csv
import json
import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import yaml

from benchmarks.claim import Bench, Line
from benchmarks.measure import Measurement, Stopwatch, measured
from orchestration.dbt import dbt_process
from stores.settings import PROJECT_ROOT

ORDER = 9
PEER_LIMIT = 2.0
FIRST_DAY = date(2026, 6, 30)
ACTIVE_PERCENT = 1
_PROJECT = PROJECT_ROOT / "dbt_project"
_AREAS, _NUMBERS, _DAYS, _FLAGS, _WORDS = 10, 8, 1, 1, 1  # metric tables, and metrics of each in each of them
_COMPILED = (
    "intermediate/tags/affected_tagged_customers", "intermediate/tags/int_tag_cutoffs",
    "intermediate/tags/int_tag_values", "intermediate/tags/int_customer_tag_lists",
    "intermediate/tags/int_custom_tag_members", "intermediate/tags/int_custom_tag_states",
    "intermediate/tags/int_tag_changes", "intermediate/changes/int_kept_tables", "marts/tags/customer_tags",
)  # fmt: skip
_OURS = [name.rpartition("/")[2] for name in _COMPILED if "tag" in name]
_STUBS = {
    "int_customer_totals": "select customer_id from '{data}/metrics_0.parquet'",
    "int_customers_not_profiled": "select customer_id from '{data}/metrics_0.parquet' where false",
    "affected_customers": """{{{{ change_log(state=[]) }}}}
        select customer_id from '{data}/changed.parquet' where {{{{ '1 = 1' if only_affected() else '1 = 0' }}}}""",
}
_METRICS = """{{{{ kept_by('customer_id') }}}}
    select * from '{data}/metrics_{area}.parquet' where {{{{ among_affected('customer_id') }}}}"""

Rule = dict[str, str]


def run(bench: Bench) -> list[Line]:
    """Make metrics, tag everybody by dbt and by hand, compare, then tag a day on which 1 % of the customers change."""
    folder, customers = bench.folder / "tags", bench.sizes.published_customers
    shutil.rmtree(folder, ignore_errors=True)
    rules = make_project(folder)
    make_metrics(folder, customers)
    limits = {"folder": folder, "threads": bench.threads, "memory_limit": bench.memory_limit}
    measured(prepared, **limits, day=FIRST_DAY)
    full = measured(tagged, **limits, day=FIRST_DAY)
    peer = measured(by_hand, **limits, rules=rules)
    if full.found[0] != peer.found:
        raise RuntimeError(
            f"the hand-written script and the platform disagree: {peer.found:,} and {full.found[0]:,} tags held"
        )
    change_some(folder)
    later = FIRST_DAY + timedelta(days=1)
    measured(prepared, **limits, day=later)
    day = measured(tagged, **limits, day=later)
    size = f"{len({rule['tag'] for rule in rules})} tags, {customers:,} customers, {full.found[0]:,} held"
    return [
        Line(
            claim=f"customer_tags in full: {size}",
            ours=full,
            against="hand-written SQL over the same metrics",
            peer=peer,
            limit=PEER_LIMIT,
            note="dbt and its start, history and log of changes with it; the same tags",
        ),
        _day(day, size),
    ]


def _day(day: Measurement, size: str) -> Line:
    return Line(
        claim=f"customer_tags on a day, {ACTIVE_PERCENT} % of the customers changed: {size}",
        ours=day,
        note=f"dbt and its start included; {day.found[1]:,} customers replaced",
    )


def make_project(folder: Path) -> list[Rule]:
    """A dbt project of the compiler of tags alone, and its rules."""
    models, data = folder / "project" / "models", folder / "data"
    (folder / "project" / "seeds").mkdir(parents=True)
    models.mkdir()
    data.mkdir()
    for name in _COMPILED:
        shutil.copy(_PROJECT / "models" / f"{name}.sql", models)
    texts = {name: sql.format(data=data) for name, sql in _STUBS.items()}
    texts |= {f"int_metrics__{area}": _METRICS.format(data=data, area=area) for area in range(_AREAS)}
    for name, sql in texts.items():
        (models / f"{name}.sql").write_text(sql, encoding="utf-8")
    described = [
        {
            "name": f"int_metrics__{area}",
            "columns": [{"name": name, "config": {"meta": {"metric": kind}}} for name, kind in metrics(area).items()],
        }
        for area in range(_AREAS)
    ]
    (models / "metrics.yml").write_text(yaml.safe_dump({"models": described}), encoding="utf-8")
    seeds = folder / "project" / "seeds"
    declared = yaml.safe_load((_PROJECT / "seeds" / "tags" / "_tags_seeds.yml").read_text(encoding="utf-8"))
    kept = [{"name": one["name"], "config": one["config"]} for one in declared["seeds"] if one["name"] != "tag_states"]
    (seeds / "seeds.yml").write_text(yaml.safe_dump({"seeds": kept}), encoding="utf-8")
    family = "family,position,name_zh,name_en,is_inferred\nmade,1,甲,Made,true\n"
    (seeds / "tag_families.csv").write_text(family, encoding="utf-8")
    rules = some_rules()
    with (seeds / "tag_rules.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rules[0]))
        writer.writeheader()
        writer.writerows(rules)
    settings = yaml.safe_load((_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings |= {"macro-paths": [str(_PROJECT / "macros")], "models": {}, "on-run-start": "", "on-run-end": ""}
    settings["seeds"] = {"guanxi": {"+quote_columns": False, "+full_refresh": True}}
    settings["vars"]["known_models"] |= {"metrics": list(map(str, range(_AREAS)))}
    (folder / "project" / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return rules


def metrics(area: int) -> dict[str, str]:
    """Kind by metric of a metric table."""
    counts = {"number": _NUMBERS, "day": _DAYS, "flag": _FLAGS, "word": _WORDS}
    return {f"{kind}_{area}_{no}": kind for kind, count in counts.items() for no in range(count)}


def some_rules() -> list[Rule]:
    """Thirty tags of each metric table, which a tenth of the customers have on average."""
    with (_PROJECT / "seeds" / "tags" / "tag_rules.csv").open(encoding="utf-8", newline="") as file:
        empty = dict.fromkeys(next(csv.reader(file)), "")
    rules = []

    def add(metric: str, operator: str, **cells: str) -> None:
        tag = f"{operator}_{metric}_{'_'.join(cells.values())}".replace("-", "minus").replace(".", "_").strip("_")
        rules.append(empty | {"tag": tag, "family": "made", "metric": metric, "operator": operator} | cells)

    for area in range(_AREAS):
        for metric, kind in metrics(area).items():
            if kind == "number":
                add(metric, "top_share", share="5")
                add(metric, "between", lower="10", upper="20")
                add(metric, "between", lower="40", upper="55")
            elif kind == "day":
                add(metric, "days_ago", lower="0", upper="30")
                add(metric, "days_ago", lower="90", upper="180")
                add(metric, "days_ago", lower="365")
            elif kind == "flag":
                add(metric, "is_true")
            else:
                add(metric, "each")
                add(metric, "is", word="word 3")
    return rules


def make_metrics(folder: Path, customers: int) -> None:
    """Metrics of made-up customers; days lie in the last two years, the newest on the first day."""
    expressions = {
        "number": "cast((hash(i * 31 + {salt}) % 100000) / 1000.0 as decimal(18, 2))",
        "day": f"date '{FIRST_DAY}' - cast(hash(i * 17 + {{salt}}) % 730 as int)",
        "flag": "hash(i * 13 + {salt}) % 10 = 0",
        "word": "'word ' || hash(i * 7 + {salt}) % 8",
    }
    with duckdb.connect() as connection:
        for area in range(_AREAS):
            columns = [
                f"{expressions[kind].format(salt=f'{area}{no}')} as {name}"
                for no, (name, kind) in enumerate(metrics(area).items())
            ]
            connection.execute(
                f"copy (select 'c_' || substr(md5(cast(i as text)), 1, 16) as customer_id, {', '.join(columns)}"
                f" from range({customers}) as customers (i)) to '{folder}/data/metrics_{area}.parquet'"
            )
        connection.execute(f"copy (select '' as customer_id where false) to '{folder}/data/changed.parquet'")


def change_some(folder: Path) -> None:
    """Give 1 % of the customers another number in the first metric table, and note who they are."""
    data = folder / "data"
    some = f"hash(customer_id) % 100 < {ACTIVE_PERCENT}"
    with duckdb.connect() as connection:
        connection.execute(f"create table metrics as from '{data}/metrics_0.parquet'")
        connection.execute(f"copy (select customer_id from metrics where {some}) to '{data}/changed.parquet'")
        connection.execute(f"update metrics set number_0_0 = 100 - number_0_0 where {some}")
        connection.execute(f"copy metrics to '{data}/metrics_0.parquet'")


def prepared(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str, day: date) -> None:
    """Build what tags are made from: seeds, metrics, and the log of who changed."""
    with stopwatch.phase("prepared"):
        _dbt(folder, threads, memory_limit, day, ["build", "--exclude", *_OURS])


def tagged(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str, day: date) -> tuple[int, int]:
    """Build the tags; how many are held, and how many customers were replaced."""
    with stopwatch.phase("tags"):
        _dbt(folder, threads, memory_limit, day, ["run", "--select", *_OURS])
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    seconds = {one["unique_id"].rpartition(".")[2]: round(one["execution_time"], 1) for one in results}
    print({name: took for name, took in sorted(seconds.items()) if took >= 0.1})
    with duckdb.connect(str(folder / "tags.duckdb"), read_only=True) as connection:
        ((held,),) = connection.execute("select count(*) from main.customer_tags where is_current").fetchall()
        ((replaced,),) = connection.execute(
            "select count(*) from main.affected_tagged_customers"
            " where log_no = (select max(log_no) from main.affected_tagged_customers)"
        ).fetchall()
    return int(held), int(replaced)


def by_hand(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str, rules: list[Rule]) -> int:
    """The same table by one script, as somebody writes it who knows the rules: no history, everything each time."""
    target = folder / "by_hand.duckdb"
    target.unlink(missing_ok=True)
    config = {"threads": threads, "memory_limit": memory_limit, "preserve_insertion_order": False}
    with duckdb.connect(str(target), config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach '{folder / 'tags.duckdb'}' as built (read_only)")
        with stopwatch.phase("by hand"):
            connection.execute(_script(rules))
            connection.execute("checkpoint")
        ((held,),) = connection.execute("select count(*) from customer_tags where until is null").fetchall()
    return int(held)


def _script(rules: list[Rule]) -> str:
    selects = []
    for area in range(_AREAS):
        here = [rule for rule in rules if rule["metric"] in metrics(area)]
        tops = [rule for rule in here if rule["operator"] == "top_share"]
        cutoffs = ", ".join(
            f"quantile_disc({rule['metric']}, {1 - int(rule['share']) / 100}) as {rule['tag']}" for rule in tops
        )
        entries = ", ".join(f"case when {_condition(rule)} then {_entry(rule)} end" for rule in here)
        selects.append(
            f"select customer_id, unnest(list_filter([{entries}], lambda entry: entry is not null)) as entry"
            f" from built.main.int_metrics__{area}, (select {cutoffs} from built.main.int_metrics__{area}) as cutoffs"
        )
    return (
        "create table customer_tags as select customer_id, entry.tag, entry.value, true as is_current, entry.since,"
        f" cast(null as date) as until from ({' union all '.join(selects)})"
    )


def _entry(rule: Rule) -> str:
    value = rule["metric"] if rule["operator"] == "each" else "cast(null as text)"
    since = f"{rule['metric']} + {rule['lower']}" if rule["operator"] == "days_ago" else f"date '{FIRST_DAY}'"
    return f"{{'tag': '{rule['tag']}', 'value': {value}, 'since': {since}}}"


def _condition(rule: Rule) -> str:
    metric, lower, upper = rule["metric"], rule["lower"], rule["upper"]
    if rule["operator"] == "days_ago":
        newest, oldest = FIRST_DAY - timedelta(int(lower)), FIRST_DAY - timedelta(int(upper or 9999))
        return f"{metric} <= date '{newest}' and {metric} > date '{oldest}'"
    return {
        "between": f"{metric} >= {lower} and {metric} < {upper}",
        "top_share": f"{metric} > cutoffs.{rule['tag']}",
        "is_true": metric,
        "each": f"{metric} is not null",
        "is": f"{metric} = '{rule['word']}'",
    }[rule["operator"]]


def _dbt(folder: Path, threads: int, memory_limit: str, day: date, arguments: list[str]) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DBT_"))}
    env |= {
        "GUANXI_WAREHOUSE": str(folder / "tags.duckdb"), "GUANXI_LAKE": str(folder / "lake"),
        "GUANXI_AS_OF": str(day), "GUANXI_THREADS": str(threads), "GUANXI_MEMORY_LIMIT": memory_limit,
        "DBT_PROFILES_DIR": str(_PROJECT), "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"), "DBT_LOG_LEVEL_FILE": "none",
    }  # fmt: skip
    process = dbt_process.start(
        ["--quiet", *arguments, "--project-dir", str(folder / "project")], env, folder / "project"
    )
    assert process.stdout
    with process.stdout:
        said = process.stdout.read().decode(errors="replace")
    if process.wait():
        raise RuntimeError(said[-3000:])
