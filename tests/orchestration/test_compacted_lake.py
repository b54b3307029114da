"""After `guanxi lake compact` an installation is as it was: nothing is new, and nothing is built."""

import json
from datetime import date

from demo_retailer.servers.local_server import serve
from orchestration.dbt import dbt_project
from orchestration.dbt.node_choice import BuiltNodes
from orchestration.dbt.node_fingerprints import NodeFingerprints, Surroundings
from stores.lake.layout import COMPACTED, RESULTS, channel_of, owner_of, parts_everywhere
from tests.orchestration.conftest import TODAY

# A table is merged from eight parts on; here from two loads, and the vault by its own rule.
MERGES_AT_ONCE = "from ingestion.lake import compaction; compaction._FEWEST_PARTS = 1"


def add_answer(installation):
    """One more answer to a survey, in a file of its own: a second load."""
    folder = installation.home / "landing" / "surveys"
    header, answer = sorted(folder.glob("*.csv"))[0].read_bytes().splitlines()[:2]
    number = answer.partition(b",")[0]
    (folder / "one_more.csv").write_bytes(b"\n".join([header, answer.replace(number, b"Q0000000001"), b""]))


def nodes_to_build(settings):
    """What a run would build of the models, seeds and tests."""
    project = dbt_project.project_dir(settings)
    environment = dbt_project.environment(settings, date.fromisoformat(TODAY))
    manifest = json.loads(dbt_project.prepare_manifest(settings).read_text(encoding="utf-8"))
    prints = NodeFingerprints(manifest, Surroundings(project, settings.lake, environment))
    models = {one for one in prints.nodes if not one.startswith("test.")}
    return BuiltNodes(settings, prints).choose(models, set(), set()).affected


def test_a_run_after_the_lake_is_compacted_finds_nothing_new_and_builds_nothing(published_world, tmp_path):
    made = published_world.copy(tmp_path / "installation")
    settings = made.settings
    add_answer(made)
    with serve(settings, made.port):
        made.guanxi("run", "--no-send")
        assert len({owner_of(path.name) for path in (settings.lake / "raw_surveys" / "responses").glob("1*")}) == 2
        published, warehouse = made.publication_id(), settings.warehouse_path.stat()
        assert nodes_to_build(settings) == set()
        merged = made.guanxi("lake", "compact", before=MERGES_AT_ONCE)
        assert "No row changed." in merged.stdout
        with_rows = [path for path in parts_everywhere(settings.lake) if not path.name.startswith("00000000000.")]
        assert with_rows
        delivered = [path for path in with_rows if channel_of(path.parent.parent) not in RESULTS]
        assert delivered
        assert all(path.name.startswith(COMPACTED) for path in delivered)
        again = made.guanxi("run", "--no-send")
    assert "Nothing new since the last publication" in again.stdout
    assert "Models: building" not in again.stdout
    assert made.publication_id() == published
    assert nodes_to_build(settings) == set()
    after = settings.warehouse_path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (warehouse.st_ino, warehouse.st_mtime_ns)
