"""`guanxi publish`: publish the build that the warehouse holds, if the gates let it."""

from __future__ import annotations

import uuid

from orchestration.cli.dbt_command import check_keys
from orchestration.cli.session import HomeOption, console, open_session


def publish(home: HomeOption = None) -> None:
    """Check the warehouse's last build again and publish it.

    For when a gate stopped a publication and its limits were corrected, or the published files were lost.
    """
    settings = open_session(home, changes=True)
    from orchestration.dbt import active_channels, build_fingerprint, build_record, dbt_project
    from orchestration.gates.run_gates import require_passed
    from orchestration.runs import business_day
    from orchestration.stewardship import identity_registers
    from stores import warehouse
    from stores.lake.checksums import require_whole

    run_id = str(uuid.uuid4())
    with warehouse.writer_lock(settings):
        check_keys(settings)  # what was built with other keys, or before an upgrade, is not published
        build = build_record.last(settings)
        require_whole(settings, contents=False)  # the gates read the lake too
        warehouse.refuse_damaged(settings, [])
        require_passed(settings, run_id, build.day)
        manifest = dbt_project.build_dir(settings) / "manifest.json"
        identity_registers.append_to_lake(settings, manifest)
        active_channels.keep_titles(settings)
        made = warehouse.publish(settings, run_id, build.day, manifest, recheck=True)
        business_day.note_publication(settings, build.day)
        if build.fingerprint:
            build_fingerprint.keep(settings, made.publication_id, build.fingerprint)
    console.print(f"Published [bold]{made.publication_id}[/bold] (as of {made.as_of}).")
    console.print("Its campaign plan is not delivered until `guanxi campaign release --by NAME`, or the next run.")
