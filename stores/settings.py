"""Settings of one installation: where its data is, its business day, its channels and destinations.

Read from `.dlt/config.toml` (plain settings), `.dlt/secrets.toml` (secrets, never committed), the file that
`GUANXI_CONFIG` names (for a second installation on one checkout) and the environment, the later winning. A mistake in
any of them is a `UserError` that names file and field.
"""

from __future__ import annotations

import json
import os
import tomllib
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from stores.errors import UserError, explain_settings
from stores.links.link_settings import Links
from stores.settings_files import PROJECT_ROOT, VARIABLE, file_of, settings_files, shown

_SECTIONS = ("guanxi", "channels", "destinations")
Section = TypeVar("Section", bound=BaseModel)
_FROM_ENVIRONMENT = {name: f"GUANXI_{name.upper()}" for name in ("home", "operations_url", "past_day")}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ports(_Strict):
    """Every TCP port that Guanxi opens on localhost, in one place."""

    dagster: int = Field(default=3000, ge=1024, le=65535, description="Dagster UI")
    app: int = Field(default=8501, ge=1024, le=65535, description="Streamlit app")
    demo: int = Field(default=8701, ge=1024, le=65535, description="the demo's shop and messaging tool, or receiver")

    def or_chosen(self, file: Path) -> Ports:
        """The ports that the settings name (`model_fields_set`), and for others what was chosen when they were taken.

        Args:
            file: where it is kept; one that is missing or damaged says nothing.
        """
        try:
            kept = json.loads(file.read_text(encoding="utf-8")).items()
        except (OSError, ValueError, AttributeError):
            return self
        own = self.model_fields_set
        free = {name: port for name, port in kept if name in Ports.model_fields.keys() - own and isinstance(port, int)}
        return Ports.model_construct(own, **{**self.model_dump(), **free})


class Alerts(_Strict):
    """Who hears of a failed run and of too many negative scores; nobody when both are empty."""

    webhook_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    email_to: str = ""
    email_from: str = "guanxi@localhost"
    smtp_host: str = "localhost"
    smtp_port: int = Field(default=25, ge=1, le=65535)


class Gates(_Strict):
    """How much is too much, for the quality gates; shares are between 0 and 1."""

    quarantined_share: float = Field(default=0.05, ge=0, le=1, description="of a file's rows")
    unreadable_share: float = Field(default=0.2, ge=0, le=1, description="of a file's phones, e-mails, ids or dates")
    unreadable_share_critical: float = Field(default=0.8, ge=0, le=1, description="likewise; stops the publication")
    placeholder_share: float = Field(default=0.5, ge=0, le=1, description="of a file's cells that say n/a or the like")
    shrinkage_share: float = Field(default=0.2, ge=0, le=1, description="of the customers of the last publication")
    changed_past_share: float = Field(0.1, ge=0, le=1, description="of a channel's revenue of more than 30 days ago")
    lost_contacts_share: float = Field(0.1, ge=0, le=1, description="of customers who had a phone, e-mail or name")
    core_completeness: float = Field(default=0.9, ge=0, le=1, description="of customers, for each core field")
    held_orders_share: float = Field(default=0.05, ge=0, le=1, description="of a channel's orders")
    unlisted_sales_share: float = Field(default=0.2, ge=0, le=1, description="sales of people whom the list lacks")
    largest_buyer_share: float = Field(default=0.2, ge=0, le=1, description="of a channel's sales, one profile's")
    review_share: float = Field(default=0.05, ge=0, le=1, description="of customers with an identifier in review")
    # of customer ids and profiles last published; id_churn_share in the release before
    id_change_share: float = Field(0.1, ge=0, le=1, validation_alias=AliasChoices("id_change_share", "id_churn_share"))
    send_share: float = Field(default=0.3, ge=0, le=1, description="of customers, for one campaign")
    keep_runs: int = Field(default=20, ge=1, description="runs whose failing rows are kept")


class Settings(_Strict):
    """Everything that one installation can choose; build it with `load_settings`."""

    project_root: Path = PROJECT_ROOT
    home: Path = PROJECT_ROOT / "data"
    timezone: str = "Asia/Shanghai"
    country: str = Field(default="CN", description="whose phone numbers are written without a country's code")
    operations_url: str = ""
    threads: int = Field(default=2, ge=1, le=256)
    memory_limit: str = Field(default="8GB", pattern=r"^\d+(\.\d+)?\s?(MB|GB|TB)$")
    keep_publications: int = Field(default=5, ge=2, le=1000)
    build_saved_files: bool = Field(default=False, description="a saved model, seed or campaign starts a build (up)")
    past_day: date | None = Field(default=None, description="show and build this past day, in a place of its own")
    ports: Ports = Ports()
    hosts: list[str] = Field([], description="further names (with port) of the Dagster UI and the app, as by a tunnel")
    # searches and customers opened in the app; ten times as many in an hour
    looks_per_minute: int = Field(default=30, ge=1)
    alerts: Alerts = Alerts()
    links: Links = Links()
    gates: Gates = Gates.model_validate({})
    # people of the company by list and name: their addresses, for `guanxi campaign test`
    test_lists: dict[str, dict[str, dict[str, SecretStr]]] = {}
    channels: dict[str, dict[str, Any]] = {}
    destinations: dict[str, dict[str, Any]] = {}

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as unknown:
            raise ValueError("not an IANA time zone such as Asia/Shanghai") from unknown
        return value

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        if value != "CN":  # the list of the others takes a moment to import
            from phonenumbers import SUPPORTED_REGIONS

            if value not in SUPPORTED_REGIONS:
                raise ValueError("not an ISO 3166 code of two capital letters such as CN or HK")
        return value

    @property
    def landing(self) -> Path:
        """Folder that channels drop files into: `landing/<channel>/`."""
        return self.home / "landing"

    @property
    def lake(self) -> Path:
        """Folder of the raw lake: `lake/raw_<channel>/<table>/*.parquet`."""
        return self.home / "lake"

    @property
    def build_home(self) -> Path:
        """Folder of what is built and published: the home itself, or a folder of its own for a past day."""
        return self.past_day_folder(self.past_day) if self.past_day else self.home

    def past_day_folder(self, day: date) -> Path:
        """Where a past day is built and published, apart from the home's own day."""
        return self.home / "as_of" / day.isoformat()

    @property
    def warehouse_path(self) -> Path:
        """The DuckDB file that dbt builds; one writer at a time."""
        return self.build_home / "warehouse" / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """Folder of the published copies and of `current.json`, the pointer that readers follow."""
        return self.build_home / "published"

    @property
    def outbox(self) -> Path:
        """Folder that file-drop destinations write to unless they name their own."""
        return self.home / "outbox"

    @property
    def gates_folder(self) -> Path:
        """Folder of what the gates found: `gates/<run id>/` holds the checks as SQL and the failing keys."""
        return self.build_home / "gates"

    @property
    def state(self) -> Path:
        """Folder of working state that can be deleted when nothing runs: dlt packages, locks."""
        return self.home / "state"

    @property
    def build_state(self) -> Path:
        """Working state of building and publishing: what the warehouse holds, its lock, dbt's own files."""
        return self.build_home / "state"

    @property
    def keyring_path(self) -> Path:
        """The key file (mode 0600); lose it and no token or ciphertext can be made or opened again."""
        return Path(os.environ.get("GUANXI_KEYRING", self.home / "keys" / "keyring.json"))

    @property
    def operations_database_url(self) -> str:
        """SQLAlchemy URL of the operations store: SQLite in the home folder unless configured."""
        return self.operations_url or f"sqlite:///{self.home / 'operations' / 'operations.db'}"

    @property
    def is_demo(self) -> bool:
        """Whether the data folder is one that `guanxi demo` made."""
        return (self.home / "demo").is_dir()

    @property
    def chosen_ports(self) -> Path:
        """Which ports were chosen because another program had the usual ones."""
        return self.state / "ports.json"

    def now(self) -> datetime:
        """The present moment in the business time zone; `GUANXI_NOW` (ISO 8601) stands in for it in demos and tests."""
        frozen = os.environ.get("GUANXI_NOW")
        zone = ZoneInfo(self.timezone)
        if not frozen:
            return datetime.now(zone)
        try:
            moment = datetime.fromisoformat(frozen)
        except ValueError as bad:
            raise UserError(f"GUANXI_NOW={frozen!r} is not an ISO 8601 time such as 2026-06-30T10:00:00.") from bad
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)

    def business_time(self, moment: datetime) -> datetime:
        """A moment that a store keeps, in UTC where it says no zone, in the business time zone."""
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(ZoneInfo(self.timezone))

    def today(self) -> date:
        """The business day."""
        return self.now().date()

    def channel(self, name: str, model: type[Section]) -> Section:
        """The section `[channels.<name>]`, checked against the channel's own model."""
        return self._section("channels", name, model)

    def destination(self, name: str, model: type[Section]) -> Section:
        """The section `[destinations.<name>]`, checked against the destination's own model."""
        return self._section("destinations", name, model)

    def _section(self, group: str, name: str, model: type[Section]) -> Section:
        values = getattr(self, group).get(name, {})
        try:
            return model.model_validate(values)
        except ValidationError as bad:
            raise UserError(explain_settings(bad, f"{group}.{name}", model, root=self.project_root)) from bad


def load_settings(project_root: Path | None = None, home: Path | None = None) -> Settings:
    """Read the settings files and the environment.

    Args:
        project_root: folder that holds `.dlt/` and `dbt_project/`; the checkout by default.
        home: data folder; wins over `GUANXI_HOME` and the file's `[guanxi] home`.

    Raises:
        UserError: a file is not TOML, a field is unknown or has a wrong value.
    """
    root = (project_root or PROJECT_ROOT).resolve()
    merged: dict[str, Any] = {}
    extra = os.environ.get(VARIABLE)
    if extra and not Path(extra).is_file():
        raise UserError(f"GUANXI_CONFIG names {extra}, which is not a file. Correct the path or unset the variable.")
    for path in settings_files(root):
        document = _read_toml(path, root)
        _refuse_misspelled(document, path, root)
        merged = _merge(merged, document.get("guanxi", {}))
        for group in ("channels", "destinations"):
            merged = _merge(merged, {group: document.get(group, {})})
    merged |= {field: os.environ[name] for field, name in _FROM_ENVIRONMENT.items() if os.environ.get(name)}
    if home is not None:
        merged["home"] = str(home)
    if "home" in merged:
        if not str(merged["home"]).strip():
            place = file_of("guanxi", "home", root)
            raise UserError(f"{place}, section [guanxi]: home is empty. Name the data folder, or leave it out.")
        try:
            merged["home"] = (root / str(merged["home"])).resolve()
        except (OSError, RuntimeError, ValueError) as bad:
            raise UserError(f"The data folder {merged['home']!r} is no path that can be followed: {bad}.") from bad
    else:
        merged["home"] = root / "data"
    try:
        found = Settings.model_validate({**merged, "project_root": root})
        return found.model_copy(update={"ports": found.ports.or_chosen(found.chosen_ports)})
    except ValidationError as bad:
        raise UserError(explain_settings(bad, "guanxi", Settings, _FROM_ENVIRONMENT, root)) from bad


def _read_toml(path: Path, root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as bad:
        raise UserError(f"{shown(path, root)} cannot be read as TOML: {bad}. Correct that line and run again.") from bad


def _merge(base: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in extra.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _refuse_misspelled(document: dict[str, Any], path: Path, root: Path) -> None:
    """Refuse a section that is nearly one of ours: others are dlt's, and a misspelled one would be ignored."""
    for name in document.keys() - set(_SECTIONS):
        meant = get_close_matches(name.lower(), _SECTIONS, n=1, cutoff=0.8)
        if meant:
            raise UserError(f"{shown(path, root)}: there is no section [{name}]. Did you mean [{meant[0]}]?")
