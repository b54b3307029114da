"""Whether a campaign may go out: a draft until somebody approves it, and only in the form that was approved.

An approval binds a digest over the campaign's file, the templates that it uses with their snippets and blocks, the SQL
of its segments and tags and the seeds, macros and variables that this takes in. When one of them changes, the campaign
stops until it is approved again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from exports.definitions.campaign import Campaign
from exports.definitions.campaign_files import campaign_folder, templates
from exports.definitions.segment_sources import SqlProject, read_project, segment_sources, tag_sources
from stores import operations
from stores.errors import UserError
from stores.settings import Settings

APPROVED, DRAFT, PAUSED, CHANGED = "approved", "draft", "paused", "changed"
_HELD_AS = {DRAFT: "campaign_draft", PAUSED: "campaign_paused", CHANGED: "campaign_changed_since_approval"}


@dataclass(frozen=True)
class Approval:
    """Where a campaign stands.

    Attributes:
        state: approved, draft, paused, or changed since it was approved.
        digest: over everything that makes it up, as it is now.
        changed_files: what changed since it was approved.
        decided_by: who approved or paused it; empty for a draft.
        decided_at: when, naive UTC.
        reason: why it was paused, in words.
    """

    state: str
    digest: str
    changed_files: tuple[str, ...] = ()
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""

    @property
    def held_as(self) -> str | None:
        """The reason under which its messages are held; None when they may go."""
        return _HELD_AS.get(self.state)


def approvals(settings: Settings, campaigns: Iterable[Campaign]) -> dict[str, Approval]:
    """Where each campaign stands, by its id.

    Args:
        settings: the installation.
        campaigns: as `load_campaigns` gives them.

    Raises:
        UserError: a template is missing or wrong.
    """
    table = operations.campaign_approvals
    with operations.reading(operations.engine_to_read(settings)) as connection:
        decided = {row["campaign_id"]: row for row in connection.execute(select(table)).mappings()}
    found = {}
    project = read_project(settings.project_root)
    for campaign in campaigns:
        files = _files(settings, campaign, project)
        row = decided.get(campaign.campaign_id)
        if row is None:
            found[campaign.campaign_id] = Approval(DRAFT, _digest(files))
            continue
        before = json.loads(row["files"])
        changed = sorted(name for name in {*files, *before} if files.get(name) != before.get(name))
        is_same = row["digest"] == _digest(files)
        state = row["decision"] if is_same or row["decision"] != APPROVED else CHANGED
        found[campaign.campaign_id] = Approval(
            state, _digest(files), tuple(changed), row["decided_by"], row["decided_at"], row["reason"] or ""
        )
    return found


def decide(settings: Settings, campaign: Campaign, decision: str, by: str, reason: str = "") -> Approval:
    """Approve a campaign as its files are now, or pause it at once.

    Args:
        settings: the installation.
        campaign: the campaign.
        decision: "approved" or "paused".
        by: who decides; kept with the decision and in the audit log.
        reason: why, in words.

    Raises:
        UserError: nobody is named, or the campaign is incomplete.
    """
    name = name_of(by)
    files = _files(settings, campaign, read_project(settings.project_root))
    if decision == APPROVED and "" in files.values():
        missing = next(path for path, content in files.items() if not content)
        raise UserError(f"{campaign.campaign_id} cannot be approved: {missing} is missing.")
    with operations.writing(operations.engine(settings)) as connection:
        operations.decide_campaign(
            connection,
            campaign_id=campaign.campaign_id,
            decision=decision,
            digest=_digest(files),
            files=json.dumps(files, sort_keys=True),
            by=name,
            moment=settings.now(),
            reason=reason[:1000] or None,
        )
    return approvals(settings, [campaign])[campaign.campaign_id]


def name_of(by: str) -> str:
    """The name of who decides, without needless spaces.

    Raises:
        UserError: nobody is named, or at too great length.
    """
    name = " ".join(by.split())
    if not 0 < len(name) <= 100:
        raise UserError("Say who decides, in at most 100 characters: --by NAME.")
    return name


def find_campaign(campaigns: Sequence[Campaign], campaign_id: str) -> Campaign:
    """The campaign of that id.

    Raises:
        UserError: there is none.
    """
    for campaign in campaigns:
        if campaign.campaign_id == campaign_id:
            return campaign
    known = ", ".join(campaign.campaign_id for campaign in campaigns) or "none yet"
    raise UserError(f"There is no campaign {campaign_id!r}. Campaigns: {known}.")


def _files(settings: Settings, campaign: Campaign, project: SqlProject) -> dict[str, str]:
    """The sha256 of everything that makes up a campaign, empty where it is missing, by its place in the project."""
    folder = campaign_folder(settings)
    paths = [
        campaign.path(folder.parent),
        *(path for template in templates(campaign, folder).values() for path in template.files),
    ]
    own = {path.relative_to(settings.project_root).as_posix(): _sha256(path) for path in paths}
    for segment in campaign.segments():
        own |= segment_sources(project, segment)
    for tag in campaign.tags():
        own |= tag_sources(project, tag)
    return own


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _digest(files: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
