"""Who let which campaign go out, and in which form; and which large plan a second person approved, too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Connection, Integer, String, Table, Text, delete

from stores.operations.audit import record_access
from stores.operations.table_base import UtcDateTime, insert, metadata, updated_at, utc, wall_clock

campaign_approvals = Table(
    "campaign_approvals",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    Column("decision", String(20), nullable=False),
    # sha256 over the campaign's file, its templates and its segment's SQL as they were; `files` has each one's own.
    Column("digest", String(64), nullable=False),
    Column("files", Text, nullable=False),
    Column("decided_by", String(100), nullable=False),
    Column("reason", Text),
    Column("decided_at", UtcDateTime, nullable=False),
    updated_at(),
    CheckConstraint("decision in ('approved', 'paused')", name="decision"),
)

second_approvals = Table(
    "second_approvals",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    # Whose plan it is.
    Column("publication_id", String(100), primary_key=True),
    # As in campaign_approvals: the form of the campaign that was approved.
    Column("digest", String(64), nullable=False),
    Column("campaign_version", Integer, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("approved_by", String(100), nullable=False),
    Column("approved_at", UtcDateTime, nullable=False),
    updated_at(),
)


def decide_campaign(
    connection: Connection,
    *,
    campaign_id: str,
    decision: str,
    digest: str,
    files: str,
    by: str,
    moment: datetime,
    reason: str | None = None,
) -> None:
    """Keep the newest decision about a campaign and add it to the audit log, in the caller's transaction.

    What a second person approved before does not hold any more: they approved what somebody else had decided then.

    Args:
        connection: a connection of `writing`.
        campaign_id: the campaign.
        decision: "approved" or "paused".
        digest: over everything that makes up the campaign.
        files: JSON text, sha256 by file.
        by: who decides.
        moment: when; aware, or naive UTC.
        reason: why, in words.
    """
    values = {"decision": decision, "digest": digest, "files": files, "decided_by": by, "reason": reason}
    statement = insert(connection, campaign_approvals)
    statement = statement.on_conflict_do_update(
        index_elements=["campaign_id"], set_={**values, "decided_at": utc(moment), "updated_at": wall_clock()}
    )
    connection.execute(statement, {"campaign_id": campaign_id, "decided_at": moment, **values})
    forget_second_approvals(connection, campaign_id)
    record_access(
        connection,
        actor=by,
        action=decision,
        subject_type="campaign",
        subject=campaign_id,
        purpose="marketing",
        records=1,
        moment=moment,
        detail=f"{digest}{f': {reason}' if reason else ''}",
    )


def approve_plan(
    connection: Connection,
    *,
    campaign_id: str,
    publication_id: str,
    digest: str,
    version: int,
    messages: int,
    by: str,
    moment: datetime,
    detail: str,
) -> None:
    """Keep that a second person approved the plan of a campaign, in the caller's transaction.

    Args:
        connection: a connection of `writing`.
        campaign_id: the campaign.
        publication_id: whose plan it is.
        digest: over everything that makes up the campaign.
        version: of the campaign.
        messages: how many the plan has that no second person had approved.
        by: who approves.
        moment: when; aware, or naive UTC.
        detail: what made a second person necessary, in words, for the audit log.
    """
    values = {"digest": digest, "campaign_version": version, "messages": messages, "approved_by": by}
    statement = insert(connection, second_approvals)
    statement = statement.on_conflict_do_update(
        index_elements=["campaign_id", "publication_id"],
        set_={**values, "approved_at": utc(moment), "updated_at": wall_clock()},
    )
    key = {"campaign_id": campaign_id, "publication_id": publication_id}
    connection.execute(statement, {**key, **values, "approved_at": moment})
    record_access(
        connection,
        actor=by,
        action="approved_second",
        subject_type="campaign",
        subject=campaign_id,
        purpose="marketing",
        records=messages,
        moment=moment,
        detail=f"{digest}, publication {publication_id}: {detail}",
    )


def forget_second_approvals(connection: Connection, campaign_id: str | None = None) -> None:
    """Let what second persons approved hold no longer, in the caller's transaction.

    Args:
        connection: a connection of `writing`.
        campaign_id: of one campaign; None for all.
    """
    s = second_approvals.c
    connection.execute(delete(second_approvals).where(*([s.campaign_id == campaign_id] if campaign_id else [])))
