"""A publication made and its plan read for sending, in a process of its own: `python bounded_publication.py`.

`GUANXI_HOME` and `GUANXI_CONFIG` say where and within which memory limit. Prints as JSON how many rows it read and the
peak of its resident memory in MB, less what it had before it began.
"""

import json
import resource
import sys
from datetime import date
from pathlib import Path

import duckdb

from exports.plan import read_sends
from stores.publication import publish
from stores.settings import load_settings

# Half a kilobyte a row that no compression makes smaller.
COLUMNS = {
    "campaign_id": "'recall'", "customer_id": "md5(i::varchar)", "channel": "'sms'", "step": "1",
    "campaign_version": "1", "occurrence": "'2026-06-30'", "destination": "'webhook'", "template": "'recall'",
    "variant": "'a'", "identifier_type": "'phone'", "identifier_token": "md5((i + 1)::varchar)",
    "identifier_cipher": "array_to_string([md5((i * k)::varchar) for k in range(2, 18)], '')",
    "fields": "'{}'", "consent_purpose": "'marketing'", "cap_class": "'ordinary'", "priority": "1",
    "value_score": "i % 100", "decision": "'send'", "reason": "null::varchar",
}  # fmt: skip


def build(warehouse: Path, rows: int) -> None:
    """Make a warehouse whose one table is a campaign plan."""
    warehouse.parent.mkdir(parents=True)
    listed = ", ".join(f"{sql} as {name}" for name, sql in COLUMNS.items())
    with duckdb.connect(str(warehouse), config={"preserve_insertion_order": False}) as connection:
        connection.execute("create schema campaigns")
        connection.execute(f"create table campaigns.campaign_plan as select {listed} from range({rows}) as r(i)")


def main() -> dict[str, float]:
    """Publish what was built and read every row that is to be sent."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    publication = publish(load_settings(), "a-run", date(2026, 6, 30), None)
    read = sum(len(batch) for batch in read_sends(publication))
    return {"read": read, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
