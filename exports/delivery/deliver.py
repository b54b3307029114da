"""Carrying out today's campaign plan: plan → ledger → destinations → report.

Only rows that the plan decided to send are sent, and only while nothing stands in the way
(`exports.policy.plan_obstacles`). Everything else is accounted for by reason, so that the numbers of a report add up to
the rows of the plan.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy import and_, not_, or_, select

from exports.definitions.approval import Approval, approvals
from exports.definitions.campaign_files import CampaignFiles, campaign_folder, templates
from exports.definitions.registration import campaigns_in_force, warn_of_mistakes
from exports.delivery.delivery_lock import delivery_turn, installation, process
from exports.delivery.dispatcher import Dispatcher
from exports.delivery.ended_messages import come_back, end_messages
from exports.delivery.ledger import Ledger
from exports.delivery.open_address import waiting_tokens
from exports.delivery.personal_fields import waiting_references
from exports.delivery.report import DeliveryReport, nothing_sent, report_of
from exports.destinations import Destination, open_destination
from exports.policy.late_answers import LateAnswers
from exports.policy.plan_obstacles import obstacle
from exports.policy.second_approval import HELD_AS, SecondApproval, second_approvals
from exports.policy.send_policy import RULES, SendPolicy, read_send_policy, send_rules_of
from serving.campaign_plan import count_plan, read_sends
from serving.published_copy import PublishedCopy
from serving.rules import published_rules
from stores import operations
from stores.key_record import open_keyring
from stores.operations import CLAIMED_STATES, deliveries
from stores.settings import Settings
from stores.warehouse import Publication, current_publication

__all__ = ["DeliveryReport", "deliver"]

log = logging.getLogger(__name__)

_d = deliveries.c


def deliver(
    settings: Settings, now: datetime | None = None, read_answers: Callable[[], LateAnswers] = LateAnswers
) -> DeliveryReport:
    """Send what the plan of the current publication says. Running it again sends nothing again.

    A second process waits for the first. What a killed run left is cleared up first.

    Args:
        settings: the installation.
        now: stands in for the present moment, aware, in tests and demos.
        read_answers: reads the channels that hold consents again; called before anything is claimed. The default
            knows of none: for an installation whose consents are all in the operations store.

    Raises:
        StoreLost: the operations store is missing, another one, or an older copy.
        UserError: a seed, a destination's settings or a key are wrong. A campaign whose file or
            template is wrong is held back, and the others go on.
    """
    zone = ZoneInfo(settings.timezone)

    def clock() -> datetime:
        return (now or settings.now()).astimezone(zone)

    if current_publication(settings) is None:
        log.info("Nothing is published yet, so there is nothing to send")
        return DeliveryReport()
    with delivery_turn(settings):
        # Looked at in turn: while this process waited, a preview may have been published, or the day have ended.
        publication = current_publication(settings)
        return _carry_out(settings, publication, clock, read_answers) if publication else DeliveryReport()


def _carry_out(
    settings: Settings, publication: Publication, clock: Callable[[], datetime], read_answers: Callable[[], LateAnswers]
) -> DeliveryReport:
    # First: with a lost store nobody knows what was sent and who said no.
    store = operations.engine(settings)
    # Then: with values tokenised another way no opt-out would be found.
    open_keyring(settings)
    with PublishedCopy(publication.path) as published:
        counts = count_plan(published)
    found = obstacle(settings, publication, clock())
    if found:
        log.warning("Nothing is sent: %s", found.sentence)
        return nothing_sent(publication.publication_id, counts, found)
    files = _files(settings, publication)
    campaigns = files.campaigns
    rules = read_send_policy(settings, campaigns, publication, clock, read_answers())
    ledger = Ledger(store, installation(settings), process(), clock)
    if ledger.count(publication.publication_id).total() < counts.send:
        with PublishedCopy(publication.path) as published:
            for rows in read_sends(published):
                ledger.plan(rows, publication.publication_id, publication.as_of, rules.keyring)
    with operations.writing(ledger.store) as connection:
        come_back(connection, publication.publication_id)
        end_messages(connection, publication, campaigns, ledger.now())
    destinations = [open_destination(settings, name) for name in _destinations(ledger, publication, files.mistakes)]
    before = ledger.count(publication.publication_id)
    standing = approvals(settings, campaigns)
    with PublishedCopy(publication.path) as published:
        plans = second_approvals(settings, published, publication, campaigns, standing)
    _queue(ledger, publication.publication_id, files, standing, plans)
    stopped = _send(settings, ledger, destinations, publication, rules)
    after = ledger.count(publication.publication_id)
    report = report_of(publication.publication_id, counts, before, after, stopped, files.mistakes)
    log.info(
        "Sent %d of %d planned messages (%d earlier); held %d, refused %d, in doubt %d, to try again %d",
        report.sent,
        report.planned,
        report.sent_before,
        sum(report.held.values()),
        sum(report.refused.values()),
        report.unknown,
        report.retry,
    )
    return report


def _files(settings: Settings, publication: Publication) -> CampaignFiles:
    """The campaigns, each of them with texts that the rules of the publication allow."""
    rules = send_rules_of(published_rules(publication, RULES)).wording
    folder = campaign_folder(settings)
    found = campaigns_in_force(settings).checked(lambda campaign: templates(campaign, folder, rules))
    warn_of_mistakes(found)
    return found


def _destinations(ledger: Ledger, publication: Publication, wrong: Collection[str]) -> list[str]:
    """Destinations of today's plan, but for campaigns of which nothing is sent, and those with messages in doubt."""
    planned = and_(_d.publication_id == publication.publication_id, _d.campaign_id.not_in(wrong))
    mine = or_(planned, _d.state.in_(CLAIMED_STATES))
    with operations.reading(ledger.store) as connection:
        return list(connection.scalars(select(_d.destination).where(mine).distinct().order_by(_d.destination)))


def _queue(
    ledger: Ledger,
    publication_id: str,
    files: CampaignFiles,
    standing: dict[str, Approval],
    plans: dict[str, SecondApproval],
) -> None:
    """Let through what may go out now; hold back what belongs to a campaign that changed or is not approved.

    A campaign whose plan waits for a second person, or whose files have a mistake, is held back whole.
    """
    ledger.queue(publication_id)
    current = [and_(_d.campaign_id == c.campaign_id, _d.campaign_version == c.version) for c in files.campaigns]
    changed = not_(or_(*current)) if current else _d.campaign_id.is_not(None)
    ledger.hold(publication_id, changed, "campaign_changed")
    ledger.hold(publication_id, _d.campaign_id.in_(files.mistakes), "campaign_file_wrong")
    paused = [campaign.campaign_id for campaign in files.campaigns if not campaign.is_active]
    ledger.hold(publication_id, _d.campaign_id.in_(paused), "campaign_paused")
    for campaign_id, approval in standing.items():
        if approval.held_as:
            ledger.hold(publication_id, _d.campaign_id == campaign_id, approval.held_as)
        elif plans[campaign_id].is_missing:
            ledger.hold(publication_id, _d.campaign_id == campaign_id, HELD_AS)


def _send(
    settings: Settings, ledger: Ledger, destinations: list[Destination], publication: Publication, rules: SendPolicy
) -> dict[str, str]:
    """Send to every destination in turn; why those stopped that did."""
    stopped = {}
    for destination in destinations:
        try:
            waiting = (ledger.store, publication.publication_id, destination.name)
            rules.vault.load(chain(waiting_tokens(*waiting), waiting_references(*waiting, rules)))
            reason = Dispatcher(ledger, destination, rules).run(publication.publication_id)
        finally:
            rules.vault.forget()
            destination.close()
        if reason:
            log.warning("%s takes no more in this run: %s", destination.name, reason)
            stopped[destination.name] = reason
    return stopped
