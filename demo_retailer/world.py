"""Makes a whole demo world: block by block, the same for the same parameters."""

from __future__ import annotations

import json
import logging
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from demo_retailer.channels import loyalty, pos
from demo_retailer.channels.activities import write_activities
from demo_retailer.channels.app import write_app
from demo_retailer.channels.exhibitions import write_exhibitions
from demo_retailer.channels.service import write_service
from demo_retailer.channels.shop import make_accounts, write_shop
from demo_retailer.channels.surveys import write_surveys
from demo_retailer.channels.web import write_web
from demo_retailer.channels.wecom import write_wecom
from demo_retailer.landing_files import Database, Landing, Truth
from demo_retailer.people.population import make_people
from demo_retailer.people.purchases import make_orders
from demo_retailer.people.shopping_calendar import Calendar, history_until
from demo_retailer.people_block import BLOCK_PEOPLE, Block
from demo_retailer.people_truth import people_path, people_table, write_people
from stores.atomic_files import write_json
from stores.errors import UserError
from stores.settings import Settings

_LOG = logging.getLogger(__name__)
FORMAT = 3  # rises when the same parameters begin to give other files


@dataclass(frozen=True)
class DemoManifest:
    """What a demo world was made with and which files it consists of.

    `until` is an ISO date; `files` are paths below the landing folder.
    """

    customers: int
    seed: int
    until: str
    events_per_customer: float
    orders_per_customer: float
    format: int
    orders: int
    files: list[str]

    def same_world(self, other: DemoManifest) -> bool:
        """Whether the parameters are the same."""
        return self._parameters() == other._parameters()

    def _parameters(self) -> tuple[object, ...]:
        return (
            self.customers,
            self.seed,
            self.until,
            self.events_per_customer,
            self.orders_per_customer,
            self.format,
        )


def manifest_path(settings: Settings) -> Path:
    """Where the manifest of the demo world is kept."""
    return settings.home / "demo" / "manifest.json"


def truth_path(settings: Settings) -> Path:
    """Where the truth about identities is kept: channel, native_id, person_id."""
    return settings.home / "demo" / "truth.parquet"


def read_manifest(settings: Settings) -> DemoManifest | None:
    """The manifest of the demo world in this data folder, if there is one."""
    try:
        return DemoManifest(**json.loads(manifest_path(settings).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as bad:
        raise UserError(
            f"{manifest_path(settings)} is damaged. Delete the data folder and make the demo again."
        ) from bad


def generate(
    settings: Settings,
    customers: int = 3_000,
    seed: int = 7,
    until: date | None = None,
    events_per_customer: float = 50,
    orders_per_customer: float = 10,
) -> DemoManifest:
    """Make the demo retailer's channel files under `settings.landing`.

    With the same parameters as the world that is already there it does nothing. Without `until` a world that is there
    keeps its last day, so that a second run on the next morning does not remake it.

    Args:
        settings: whose landing folder.
        customers: how many people.
        seed: another seed gives another world.
        until: the last day that the world has lived; today by default.
        events_per_customer: mean number of app and web events per person.
        orders_per_customer: mean number of online and store orders per person.

    Raises:
        UserError: the folder holds a world with other parameters, or a number is out of range.
    """
    if not 20 <= customers <= 20_000_000:
        raise UserError(f"The demo needs 20 to 20,000,000 customers, got {customers}.")
    if seed < 0 or events_per_customer < 0 or orders_per_customer <= 0:
        raise UserError("The demo's seed and numbers per customer must not be negative, and orders must be above 0.")
    there = read_manifest(settings)
    last_day = until or (date.fromisoformat(there.until) if there else settings.today())
    wanted = DemoManifest(
        customers, seed, last_day.isoformat(), events_per_customer, orders_per_customer, FORMAT, 0, []
    )
    if there is not None:
        if there.same_world(wanted):
            _LOG.info("The demo retailer is already there: %s people, until %s", f"{customers:,}", last_day)
            return there
        raise UserError(
            f"{settings.home} already holds a demo of {there.customers} customers (seed {there.seed}, until "
            f"{there.until}). Two worlds cannot share a folder: choose another with GUANXI_HOME, or delete this one."
        )
    began = time.monotonic()
    made = _make(settings, wanted, history_until(last_day))
    _LOG.info("Made the demo retailer: %s people in %.0f s", f"{customers:,}", time.monotonic() - began)
    return made


def _make(settings: Settings, wanted: DemoManifest, calendar: Calendar) -> DemoManifest:
    landing = Landing(settings.landing)
    orders = 0
    everybody = []
    with ExitStack() as stack:
        truth = stack.enter_context(Truth(truth_path(settings)))
        pos_database = stack.enter_context(Database(landing, "pos", pos.STATEMENTS, pos.INDEXES))
        loyalty_database = stack.enter_context(Database(landing, "loyalty", loyalty.STATEMENTS, loyalty.INDEXES))
        for part, first in enumerate(range(0, wanted.customers, BLOCK_PEOPLE)):
            count = min(BLOCK_PEOPLE, wanted.customers - first)
            people = make_people(wanted.seed, part, first, count, calendar, wanted.orders_per_customer)
            bought = make_orders(wanted.seed, part, people, calendar)
            block = Block(wanted.seed, part, calendar, people, bought, wanted.events_per_customer, landing, truth)
            write_block(block, pos_database, loyalty_database)
            everybody.append(people_table(people))
            orders += len(bought)
            _LOG.info("Demo retailer: %s of %s people", f"{first + count:,}", f"{wanted.customers:,}")
    write_people(people_path(settings), everybody)
    made = DemoManifest(**{**asdict(wanted), "orders": orders, "files": sorted(landing.files)})
    write_json(manifest_path(settings), asdict(made))
    return made


def write_block(block: Block, pos_database: Database, loyalty_database: Database) -> None:
    """Write what the people of a block did in every channel."""
    accounts = make_accounts(block)
    write_shop(block, accounts)
    pos.write_pos(block, pos_database)
    loyalty.write_loyalty(block, loyalty_database)
    write_app(block)
    write_web(block, accounts)
    write_exhibitions(block)
    write_service(block)
    write_wecom(block)
    write_surveys(block)
    write_activities(block)
