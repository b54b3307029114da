"""Receipts collected, and somebody told when a file closed suspiciously many addresses."""

from __future__ import annotations

from exports.receipts.collect import ReceiptReport, collect
from orchestration.runs.alerts import send_alert
from stores.settings import Settings


def collect_receipts(settings: Settings) -> ReceiptReport:
    """Take new receipt files into the ledger; raise the alarm where it is due.

    Args:
        settings: the installation.

    Raises:
        UserError: the rules for receipts or the keyring are missing or wrong.
    """
    report = collect(settings)
    if report.alarms:
        subject = "Guanxi: a receipt file closed suspiciously many addresses"
        send_alert(
            settings, subject, "\n".join([*report.alarms, "They are closed until somebody takes the file back."])
        )
    return report
