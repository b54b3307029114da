"""A publication made and its plan read for sending: `python -m tests.testing.runs.bounded_publication`.

`GUANXI_HOME` and `GUANXI_CONFIG` say where and within which memory limit. Prints as JSON how many rows it read and the
peak of its resident memory in MB, less what it had before it began.
"""

import json
import resource
import sys
from datetime import date

from serving.campaign_plan import read_sends
from serving.published_copy import PublishedCopy
from stores.publication import publish
from stores.settings import load_settings


def main() -> dict[str, float]:
    """Publish what was built and read every row that is to be sent."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    publication = publish(load_settings(), "a-run", date(2026, 6, 30), None)
    with PublishedCopy(publication.path) as published:
        read = sum(len(batch) for batch in read_sends(published))
    return {"read": read, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
