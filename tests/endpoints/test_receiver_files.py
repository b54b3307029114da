"""File drops: only what is complete is taken, once."""

import csv
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from endpoints.receiver import Folder, Inbox, Receiver
from stores.settings import Settings
from tests.endpoints.conftest import WORDS

HEADER = "delivery_id,phone,text,campaign,campaign_version,variant\n"
TEXT = HEADER + 'd_1,+8613812345678,"Two\nlines",recall,2,b\nd_2,12,Hello,recall,2,\n'


def drop(folder: Path, text: str = TEXT, name: str = "f", **manifest: Any) -> Path:
    said = {"file": f"{name}.csv", "rows": 2, "sha256": sha256(text.encode()).hexdigest(), **manifest}
    (folder / f"{name}.csv").write_text(text)
    path = folder / f"{name}.manifest.json"
    path.write_text(json.dumps(said))
    return path


@pytest.fixture
def look(settings: Settings, folder: Path) -> Callable[[], list[str]]:
    """Look into the folder as a running receiver does; what it said since."""
    told: list[str] = []
    inbox = Inbox(settings)
    receiver = Receiver(settings, inbox, [Folder("files", folder)], lambda: WORDS, told.append)

    def looked() -> list[str]:
        before = len(told)
        receiver.look_into_folders()
        return [line.partition(" ")[2] for line in told[before:]]

    return looked


def test_a_complete_file_is_taken_once_also_after_a_restart(
    start: Callable[..., Any], look: Callable[[], list[str]], folder: Path
) -> None:
    drop(folder)
    assert look() == ["files: 2 sms, 1 accepted, 1 rejected"]
    assert look() == []
    with start() as running:
        running.receiver.look_into_folders()
        assert running.told == []
        page = running.page()
    assert "Two\nlines" in page
    assert "138****5678" in page
    assert "12345678" not in page


def test_a_file_counts_once_it_is_whole(look: Callable[[], list[str]], folder: Path) -> None:
    manifest = drop(folder)
    whole = (folder / "f.csv").read_bytes()
    (folder / "f.csv").unlink()
    assert look() == []
    (folder / "f.csv").write_bytes(whole[:-4])
    assert look() == []
    manifest.write_text(manifest.read_text()[:20])
    (folder / "f.csv").write_bytes(whole)
    assert look() == []
    drop(folder)
    assert look() == ["files: 2 sms, 1 accepted, 1 rejected"]


@pytest.fixture
def usual_limit_of_cells() -> Iterator[None]:
    """The limit that the receiver has: readers of channels set another one for their whole process."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


@pytest.mark.usefixtures("usual_limit_of_cells")
@pytest.mark.parametrize(
    ("text", "manifest", "why"),
    [
        (TEXT, {"sha256": "0" * 64}, "another sha256"),
        (TEXT, {"rows": 3}, "has 2 rows, and the manifest says 3"),
        (TEXT, {"rows": "2"}, "does not say file, rows and sha256"),
        (TEXT, {"file": "../f.csv"}, "not a CSV beside it"),
        (TEXT, {"file": "f.txt"}, "not a CSV beside it"),
        (TEXT.replace("delivery_id", "id"), {}, "no column delivery_id"),
        (HEADER + "d_1,a\nd_2,b\n", {}, "more or fewer fields"),
        (HEADER + 'd_1,"x" y,a,b,c,d\nd_2,b,c,d,e,f\n', {}, "not CSV"),
        (HEADER + f"d_1,{'9' * 140_000},a,b,c,d\nd_2,b,c,d,e,f\n", {}, "not CSV"),
        ("", {}, "not CSV"),
    ],
)
def test_a_file_that_is_not_what_its_manifest_says_is_named_and_not_taken(
    start: Callable[..., Any], folder: Path, text: str, manifest: dict[str, Any], why: str
) -> None:
    drop(folder, text, **manifest)
    drop(folder, name="good")
    with start() as running:
        running.receiver.look_into_folders()
        page = running.page()
        assert running.client.get("/-/count").json() == {"count": 2}
    assert "Not taken: f.manifest.json" in page
    assert why in page


def test_links_are_not_followed(look: Callable[[], list[str]], folder: Path, tmp_path: Path) -> None:
    drop(tmp_path)
    (folder / "f.csv").symlink_to(tmp_path / "f.csv")
    (folder / "f.manifest.json").write_bytes((tmp_path / "f.manifest.json").read_bytes())
    assert look() == []


def test_a_file_written_again_with_the_same_bytes_is_no_news_and_with_others_it_is(
    look: Callable[[], list[str]], folder: Path
) -> None:
    drop(folder)
    look()
    drop(folder)
    assert look() == []
    drop(folder, TEXT.replace("d_1", "d_3"))
    assert look() == ["files: 2 sms, 1 accepted, 1 rejected"]
