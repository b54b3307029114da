"""A small, believable publication for tests and for looking at the pages: 2,000 made-up customers, always the same.

    python -m tests.testing.small_publication <data folder> [--as-of 2026-06-30]

It simulates people, orders and interactions with a fixed seed and lets `published_fixture_*.sql` turn them into the
published marts. The rules there are short stand-ins for the dbt models; that columns and types are those of the models'
yml files is checked when it is made.
"""

from __future__ import annotations

import argparse
import atexit
import json
import shutil
import sys
import tempfile
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from stores.key_record import open_keyring
from stores.keyring import Keyring
from stores.settings import Settings, load_settings
from tests.testing.contracts import keep_contracts
from tests.testing.seeds import load_seeds

AS_OF = date(2026, 6, 30)
CUSTOMERS = 2000
RUN_ID = "fixture"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀英"]
CITIES = [("上海", "上海"), ("北京", "北京"), ("广东", "广州"), ("广东", "深圳"), ("浙江", "杭州"), ("四川", "成都")]
CHANNELS = ["shop", "pos", "app", "loyalty", "wecom", "exhibitions"]
PRODUCTS = ["羊绒围巾", "真丝衬衫", "保温杯", "登山鞋", "蓝牙耳机", "护肤礼盒"]
KINDS = {
    "shop": ("order", "下单"),
    "app": ("view", "浏览商品"),
    "web": ("search", "站内搜索"),
    "wecom": ("chat", "企业微信沟通"),
    "service": ("ticket", "提交工单"),
    "surveys": ("survey", "填写问卷"),
    "operations": ("delivered", "收到短信"),
}


def clear_identity(number: int) -> tuple[str, str, str]:
    """Name, phone (E.164) and e-mail of made-up customer `number`; tests use it to search as a person would."""
    name = SURNAMES[number % len(SURNAMES)] + GIVEN[(number * 7) % len(GIVEN)]
    return name, f"+86138{number * 7919 % 100_000_000:08d}", f"guest{number}@example.com"


def _people(rng: np.random.Generator, keyring: Keyring, as_of: date) -> pd.DataFrame:
    """One row a customer: identity, attributes, arrival and the hidden pace of buying."""
    age = (730 * rng.beta(1.0, 1.5, CUSTOMERS)).astype(int)
    rows = []
    for number in range(CUSTOMERS):
        name, phone, email = clear_identity(number)
        province, city = CITIES[int(rng.choice(len(CITIES), p=[0.24, 0.2, 0.16, 0.15, 0.15, 0.1]))]
        has_email = rng.random() < 0.6
        rows.append(
            {
                "customer_number": number,
                "customer_id": f"c_{number:016x}",
                "name_token": keyring.token("name", name),
                "name_mask": name[0] + "*" * (len(name) - 1),
                "phone_token": keyring.token("phone", phone),
                "phone_mask": f"{phone[3:6]}****{phone[-4:]}",
                "email_token": keyring.token("email", email) if has_email else None,
                "email_mask": f"{email[0]}***@example.com" if has_email else None,
                "member_no": f"M{number:06d}" if rng.random() < 0.45 else None,
                "province": province,
                "city": city,
                "gender": [None, "female", "male"][int(rng.choice(3, p=[0.1, 0.55, 0.35]))],
                "channels": sorted(set(rng.choice(CHANNELS, size=int(rng.integers(1, 5))).tolist())),
                "registered_day": as_of - timedelta(days=int(age[number])),
                "age_days": int(age[number]),
                "buys": bool(rng.random() < 0.88),
                "yearly_orders": 1.5 + float(rng.gamma(1.2, 4.0)),
                "lifespan": 40 + float(rng.exponential(420)),
                "ticket_size": float(rng.lognormal(5.4, 0.6)),
            }
        )
    return pd.DataFrame(rows)


def _happenings(rng: np.random.Generator, people: pd.DataFrame, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders and interactions over each person's life with the retailer, busier in November and at the weekend."""
    orders, events = [], []
    end = datetime.combine(as_of, datetime.min.time())
    for person in people.itertuples():
        alive = min(person.age_days, person.lifespan)
        born = end - timedelta(days=person.age_days)
        bought = rng.poisson(person.yearly_orders * alive / 365) if person.buys else 0
        for moment in np.sort(rng.random(bought)) * alive:
            when = born + timedelta(days=float(moment), hours=float(rng.uniform(9, 21)))
            amount = round(person.ticket_size * float(rng.lognormal(0, 0.35)) * (1.5 if when.month == 11 else 1), 2)
            refund = amount if rng.random() < 0.04 else 0.0
            orders.append(
                (person.customer_id, person.channels[0], amount, refund, when, PRODUCTS[int(rng.integers(6))])
            )
        for moment in rng.random(rng.poisson(3 + alive / 25)) * max(alive, 1):
            kind = str(rng.choice(["app", "web", "wecom", "service", "surveys"], p=[0.45, 0.3, 0.15, 0.06, 0.04]))
            events.append((person.customer_id, kind, born + timedelta(days=float(moment), hours=float(rng.random()))))
    order_frame = pd.DataFrame(
        orders, columns=["customer_id", "channel", "gross_amount", "refund_amount", "ordered_at", "product"]
    )
    event_frame = pd.DataFrame(events, columns=["customer_id", "channel", "occurred_at"])
    cutoff = end + timedelta(days=1)
    return order_frame[order_frame.ordered_at < cutoff], event_frame[event_frame.occurred_at < cutoff]


def build_database(path: Path, keyring: Keyring, as_of: date = AS_OF) -> None:
    """Write one publication file with every mart of the contract."""
    rng = np.random.default_rng(20260630)
    people = _people(rng, keyring, as_of)
    orders, events = _happenings(rng, people, as_of)
    kinds = pd.DataFrame([(k, *v) for k, v in KINDS.items()], columns=["channel", "kind", "title"])
    with duckdb.connect(str(path)) as con:
        con.execute("set variable as_of = ?::date", [as_of])
        con.execute("set variable run_id = ?", [RUN_ID])
        load_seeds(con, "rules")
        con.execute("create schema base")
        for name, frame in (("people", people), ("orders", orders), ("events", events), ("kinds", kinds)):
            con.register("frame", frame)
            con.execute(f"create table base.{name} as select * from frame")
            con.unregister("frame")
        for script in sorted(Path(__file__).parent.glob("published_fixture_*.sql")):
            con.execute(script.read_text(encoding="utf-8"))
        con.execute("drop schema base cascade")
        keep_contracts(con)
        con.execute("checkpoint")


def publish_fixture(settings: Settings, as_of: date = AS_OF) -> Path:
    """Put a publication, its keys and a passed gate state into the data folder of `settings`; return its path.

    It is built once in a process: an empty data folder gets a copy.
    """
    if settings.home.exists() and any(settings.home.iterdir()):
        return _publish(settings, as_of)
    shutil.copytree(_published(as_of), settings.home, dirs_exist_ok=True)
    return settings.published / f"serving-{RUN_ID}.duckdb"


@cache
def _published(as_of: date) -> Path:
    """A data folder with the publication; nobody may change it."""
    home = Path(tempfile.mkdtemp(prefix="gx-small-publication-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    _publish(load_settings(home=home), as_of)
    return home


def _publish(settings: Settings, as_of: date) -> Path:
    settings.published.mkdir(parents=True, exist_ok=True)
    path = settings.published / f"serving-{RUN_ID}.duckdb"
    path.unlink(missing_ok=True)
    build_database(path, open_keyring(settings), as_of)
    published_at = datetime.combine(as_of, datetime.min.time()) + timedelta(hours=22, minutes=15)
    pointer = {
        "publication_id": RUN_ID,
        "run_id": RUN_ID,
        "as_of": as_of.isoformat(),
        "published_at": published_at.isoformat(),
        "file": path.name,
    }
    (settings.published / "current.json").write_text(json.dumps(pointer), encoding="utf-8")
    write_gates(settings, "passed", as_of)
    return path


def write_gates(settings: Settings, outcome: str, as_of: date = AS_OF, run_id: str = RUN_ID) -> None:
    """Write `gate_state.json` with twelve expectations, of which one fails or warns unless the outcome is passed."""
    results = [
        {
            "boundary": ["raw", "marts", "plan"][number % 3],
            "suite": "customers",
            "table": "marts.customers",
            "expectation": "expect_column_values_to_not_be_null",
            "column": "customer_id",
            "severity": "critical",
            "success": True,
            "unexpected_count": 0,
            "unexpected_percent": 0.0,
            "description_zh": "每位客户都有编号",
            "description_en": "Every customer has an id",
            "failing_rows_path": None,
        }
        for number in range(12)
    ]
    if outcome != "passed":
        results[4] |= {
            "success": False,
            "severity": "critical" if outcome == "failed" else "warning",
            "column": "phone_mask",
            "unexpected_count": 37,
            "unexpected_percent": 1.85,
            "description_zh": "手机号掩码格式正确的客户不少于 99%",
            "description_en": "At least 99% of customers have a well-formed phone mask",
            "failing_rows_path": "published/failing/customers_phone_mask.parquet",
        }
    state = {
        "run_id": run_id,
        "as_of": as_of.isoformat(),
        "checked_at": f"{as_of.isoformat()}T22:14:00",
        "outcome": outcome,
        "results": results,
    }
    (settings.published / "gate_state.json").write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")


def main() -> None:
    """Build the publication in the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, default=AS_OF)
    parser.add_argument("--gates", choices=["passed", "warned", "failed"], default="passed")
    asked = parser.parse_args()
    settings = load_settings(home=asked.home.resolve())
    path = publish_fixture(settings, asked.as_of)
    write_gates(settings, asked.gates, asked.as_of)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
