"""`--json`: what can be looked at can be read by a script, times say their offset, tokens stay inside."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

from orchestration.cli.explain_documents import customer_document, decision_document, delivery_document, pair_document
from orchestration.cli.main import command_line, main
from orchestration.cli.session import console, print_json
from orchestration.stewardship.explanations import CustomerStory, DeliveryStory
from orchestration.stewardship.review_details import PairStory
from orchestration.stewardship.subjects import Subject
from stores import operations
from stores.operations import Decision
from stores.operations.receipts import receipt_files
from stores.settings import Settings
from stores.warehouse import Publication

LOCAL = datetime(2026, 6, 30, 10)
PUBLICATION = Publication("p1", "r1", date(2026, 6, 30), LOCAL, Path("p1.duckdb"))
ADDRESS = {"identifier_type": "phone", "identifier_mask": "138****1234", "identifier_value": "token-1"}
# They change things, show nothing that a script needs, or write a file of their own.
WITHOUT = {
    "campaign approve", "campaign pause", "campaign release", "campaign stop", "campaign test", "dbt", "demo",
    "gate accept", "identity join",
    "identity resolve", "identity separate", "identity undo", "journey approve", "journey pause",
    "journey schema",  # a document by itself
    "lake compact", "lake read-again", "lake set-aside",
    "lake verify", "metrics compile", "operations recover", "publish", "quarantine replay", "receipts replay",
    "receipts undo", "receiver", "run", "serve-demo", "try clv", "try identity", "try rfm", "try tags", "up", "upgrade",
}  # fmt: skip


def document(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    monkeypatch.setattr("sys.argv", ["guanxi", *arguments, "--json"])
    with console.capture() as shown, pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 0
    return json.loads(shown.get())


def printed(value: Any) -> Any:
    with console.capture() as shown:
        print_json(value)
    return json.loads(shown.get())


def test_every_command_that_shows_something_can_print_it_for_a_script() -> None:
    def calls(group: TyperGroup, words: str = "") -> dict[str, bool]:
        found = {}
        for name, command in group.commands.items():
            full = f"{words} {name}".strip()
            if isinstance(command, TyperGroup):
                found |= calls(command, full)
            if not isinstance(command, TyperGroup) or (command.invoke_without_command and command.params):
                found[full] = any("--json" in option.opts for option in command.params)
        return found

    assert {name for name, has_json in calls(command_line()).items() if not has_json} == WITHOUT


def test_a_customer_is_explained_without_tokens_and_with_the_offset_of_every_time() -> None:
    story = CustomerStory(
        PUBLICATION,
        asked="c_2",
        customer={"customer_id": "c_1", "first_seen_at": LOCAL},
        merged_at=LOCAL,
        profiles=["shop:1"],
        identifiers=[{"source_profile_id": "shop:1", **ADDRESS}],
        suppressions=[{**ADDRESS, "identifier_token": "token-1", "created_at": LOCAL}],
    )
    said = printed(customer_document(story))
    assert (said["publication_id"], said["as_of"], said["asked"]) == ("p1", "2026-06-30", "c_2")
    assert said["merged_at"] == said["customer"]["first_seen_at"] == "2026-06-30T10:00:00+08:00"
    assert said["identifiers"][0]["identifier_mask"] == "138****1234"
    assert said["suppressions"][0]["created_at"] == "2026-06-30T10:00:00+08:00"
    assert "token-1" not in json.dumps(said)


def test_a_message_is_explained_without_the_token_of_its_address() -> None:
    delivery = {"delivery_id": "d_1", "planned_at": LOCAL, "identifier_token": "token-1"}
    said = printed(delivery_document(DeliveryStory(delivery, [{"started_at": LOCAL}], [], {"decision": "send"})))
    assert said["delivery"] == {"delivery_id": "d_1", "planned_at": "2026-06-30T10:00:00+08:00"}
    assert said["attempts"] == [{"started_at": "2026-06-30T10:00:00+08:00"}]
    assert said["plan"] == {"decision": "send"}


def test_two_profiles_are_explained_with_the_decisions_about_them() -> None:
    decision = Decision("d_1", "join", "pos:2", "shop:1", "same card", "lin", True, None, LOCAL)
    left, right = (Subject(one, one, "c_1", frozenset({"shop:1", "pos:2"})) for one in ("shop:1", "pos:2"))
    said = printed(pair_document(PairStory(PUBLICATION, left, right, decisions=[decision])))
    assert said["is_one_customer"] is True
    assert (said["left"]["profile_id"], said["left"]["profiles"]) == ("shop:1", ["pos:2", "shop:1"])
    assert said["decisions"] == [printed(decision_document(decision))]
    assert said["decisions"][0]["decided_at"] == "2026-06-30T10:00:00+00:00"


def test_receipts_that_came_are_listed_in_utc(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    row = {
        "file_id": "f1",
        "source_file": "a.jsonl",
        "bytes": 1,
        "lines": 2,
        "events": 2,
        "rejected": 0,
        "repeated_ids": 0,
    }
    with operations.writing(operations.engine(settings)) as connection:
        connection.execute(
            operations.insert(connection, receipt_files), {**row, "collected_at": LOCAL, "updated_at": LOCAL}
        )
    said = document(monkeypatch, "receipts", "list")
    assert (said["waiting_lines"], said["lines"], said["repeated_ids"]) == (0, [], [])
    (file,) = said["files"]
    assert (file["source_file"], file["collected_at"]) == ("a.jsonl", LOCAL.replace(tzinfo=UTC).isoformat())


def test_taking_receipts_in_tells_what_was_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.home.mkdir()
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    said = document(monkeypatch, "receipts")
    assert (said["files"], said["is_clean"]) == (0, True)


def test_the_day_and_one_campaign_are_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.home.mkdir()
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T10:00:00")
    assert document(monkeypatch, "day") == {
        "data_folder": str(settings.home), "fixed_day": None, "next_day": "2026-06-30"
    }  # fmt: skip
    said = document(monkeypatch, "campaign", "show", "dormant_recall")
    assert (said["campaign_id"], said["state"]) == ("dormant_recall", "draft")
    assert {one["channel"] for one in said["texts"]} == set(said["channels"])
