"""Dagster's daemon with redacted logs: `python -m orchestration.dagster_host.daemon` with its options."""

from __future__ import annotations

from dagster._daemon.cli import main

from stores.private_files import keep_private
from stores.redaction.log_handlers import redact_this_process

if __name__ == "__main__":
    keep_private()
    redact_this_process()
    main()
