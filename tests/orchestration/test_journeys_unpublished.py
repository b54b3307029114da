"""Who entered a journey in a build that was not published has not entered it, and gets nothing."""

from demo_retailer.servers.local_server import serve
from stores.warehouse import current_publication
from tests.testing.published_rows import open_rows

BEFORE_IT_IS_PUBLISHED = """
import orchestration.defs.publish
orchestration.defs.publish.publish = die
from orchestration.stewardship import identity_registers
identity_registers.append_to_lake = die
"""


def runs(installation) -> int:
    with open_rows(current_publication(installation.settings).path) as published:
        return published.execute("select count(*) from campaigns.journey_runs").fetchone()[0]


def test_a_journey_that_was_only_entered_in_a_build_that_died_is_entered_by_nobody(published_world, tmp_path):
    made = published_world.copy(tmp_path / "made")
    with serve(made.settings, made.port):
        made.guanxi("journey", "approve", "newcomer_nurture", "--by", "Lin Yue")
        died = made.killed(BEFORE_IT_IS_PUBLISHED, "run", "--no-send")
        assert died.returncode == -9, died.stdout + died.stderr
        made.guanxi("journey", "pause", "newcomer_nurture", "--by", "Lin Yue", "--reason", "too many would enter")
        said = made.guanxi("run", "--no-send")
        assert "int_journey_log has 0 rows again" in said.stdout + said.stderr
        assert runs(made) == 0
        made.guanxi("journey", "approve", "newcomer_nurture", "--by", "Lin Yue")
        made.guanxi("run", "--no-send")
        entered = runs(made)
        assert entered > 0
        made.guanxi("run", "--no-send")
        assert runs(made) == entered, "what was published stays"
