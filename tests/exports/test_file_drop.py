"""Files for messaging tools: their columns, and that a clear address is in one only where that was asked for."""

import csv
import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from exports.delivery.deliver import deliver
from exports.destinations import open_destination
from exports.destinations.destination import Batch, Message
from stores.settings import Settings

AS_OF = datetime(2026, 6, 30).date()


def message(channel: str, identifier_type: str, to: str, number: int = 1, **content: Any) -> Message:
    return Message(f"d_{number}", "recall", 2, 1, channel, identifier_type, "b", to, content)


def dropped(folder: Path) -> dict[str, str]:
    """The text of each file by its name; each fits its manifest."""
    found = {}
    for path in folder.glob("*.manifest.json"):
        said = json.loads(path.read_text())
        data = (folder / said["file"]).read_bytes()
        assert sha256(data).hexdigest() == said["sha256"]
        assert len(list(csv.reader(data.decode().splitlines()))) == said["rows"] + 1
        found[said["file"]] = data.decode()
    assert len(found) == len(list(folder.glob("*.csv")))
    return found


@pytest.fixture
def drop(settings: Settings, tmp_path: Path) -> Callable[..., Any]:
    """Send messages to a file drop with these settings; the reply, and the files."""

    def send(*messages: Message, **section: Any) -> tuple[Any, dict[str, str]]:
        section = {"kind": "file_drop", "folder": str(tmp_path / "files"), **section}
        opened = open_destination(settings.model_copy(update={"destinations": {"mine": section}}), "mine")
        return opened.send(Batch("b-1", AS_OF, messages)), dropped(tmp_path / "files")

    return send


def test_the_file_of_the_push_tool_is_what_it_always_was(drop: Callable[..., Any]) -> None:
    reply, files = drop(message("app_push", "app_user_id", "u_1", title="Hi, you", body="Come"))
    assert reply.stop is None
    assert files == {
        "2026-06-30-b-1.csv": "delivery_id,app_user_id,title,body,campaign,campaign_version,variant\n"
        'd_1,u_1,"Hi, you",Come,recall,2,b\n'
    }


def test_an_email_has_its_parts_and_headers_and_one_from_before_emails_had_html_keeps_its_text(
    drop: Callable[..., Any],
) -> None:
    parts = {"title": "T", "html": "<p>a</p>", "text": "a", "list_unsubscribe": "<https://x>", "blocks": "offer=a"}
    headers = {"list_unsubscribe_post": "List-Unsubscribe=One-Click"}
    _, files = drop(
        message("email", "email", "a@shop.example", 1, **parts, **headers),
        message("email", "email", "b@shop.example", 2, title="Old", body="b"),
        clear_addresses=True,
    )
    assert files == {
        "2026-06-30-b-1.csv": (
            "delivery_id,email,title,text,html,list_unsubscribe,list_unsubscribe_post,campaign,campaign_version,variant\n"
            "d_1,a@shop.example,T,a,<p>a</p>,<https://x>,List-Unsubscribe=One-Click,recall,2,b\n"
            "d_2,b@shop.example,Old,b,,,,recall,2,b\n"
        )
    }


def test_each_channel_has_a_file_of_its_own_with_the_columns_of_its_content(drop: Callable[..., Any]) -> None:
    _, files = drop(
        message("sms", "phone", "+8613800000001", 1, text="Hello", parts=1),
        message("email", "email", "li@example.com", 2, title="News", body="Long"),
        message("sms", "phone", "+8613800000003", 3, text="Two\nlines", parts=1),
        message("wecom", "wecom_external_userid", "wm_4", 4, text="Hi"),
        clear_addresses=True,
    )
    assert files == {
        "2026-06-30-b-1-sms.csv": "delivery_id,phone,text,campaign,campaign_version,variant\n"
        'd_1,+8613800000001,Hello,recall,2,b\nd_3,+8613800000003,"Two\nlines",recall,2,b\n',
        "2026-06-30-b-1-email.csv": "delivery_id,email,title,body,campaign,campaign_version,variant\n"
        "d_2,li@example.com,News,Long,recall,2,b\n",
        "2026-06-30-b-1-wecom.csv": "delivery_id,wecom_external_userid,text,campaign,campaign_version,variant\n"
        "d_4,wm_4,Hi,recall,2,b\n",
    }


def test_a_file_with_clear_addresses_can_be_read_by_its_owner_alone(drop: Callable[..., Any], tmp_path: Path) -> None:
    drop(message("sms", "phone", "+8613800000001", text="Hello"), clear_addresses=True)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "files").iterdir()} == {0o600}


def test_a_section_that_does_not_ask_for_clear_addresses_gets_none(drop: Callable[..., Any]) -> None:
    reply, files = drop(
        message("app_push", "app_user_id", "u_1", 1, title="Hi", body="Come"),
        message("sms", "phone", "a token", 2, text="Hello"),
    )
    assert (reply.stop, files) == ("clear_addresses_not_allowed", {})
    assert {outcome.status.value for outcome in reply.outcomes} == {"not_sent"}


def test_text_messages_go_out_as_a_file_with_numbers_and_the_opening_is_audited(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    section = {"kind": "file_drop", "clear_addresses": True}
    filing = settings.model_copy(update={"destinations": {"sms_files": section}})
    publish_plan([row(number, destination="sms_files") for number in range(3)])
    assert deliver(filing, now).sent == 3
    (text,) = dropped(filing.outbox / "sms_files").values()
    rows = list(csv.DictReader(text.splitlines()))
    assert {line["phone"] for line in rows} == {f"+86138{number:08d}" for number in range(3)}
    assert all(line["text"].startswith("【关系商城】") for line in rows)
