"""The pointer `published/current.json`: which publication readers follow, and whether its plan may be delivered."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from stores.atomic_files import write_json
from stores.errors import UserError
from stores.settings import Settings

POINTER = "current.json"


@dataclass(frozen=True)
class Publication:
    """One published copy.

    Attributes:
        publication_id: `<sequence>-<as_of>-<random>`; later publications sort after earlier ones.
        run_id: the run that built it.
        as_of: the day whose end the marts describe.
        published_at: when it was published, in the business time zone.
        path: the DuckDB file, to be opened read-only.
        may_deliver: whether its campaign plan may be carried out. A preview, a past day and a publication made by hand
            may not until somebody releases it; neither may one that does not say so.
    """

    publication_id: str
    run_id: str
    as_of: date
    published_at: datetime
    path: Path
    may_deliver: bool = False


def current_publication(settings: Settings) -> Publication | None:
    """The publication to read now, None before the first one.

    Raises:
        UserError: the pointer cannot be read, or the file that it names is gone.
    """
    pointer = settings.published / POINTER
    try:
        document = json.loads(pointer.read_text(encoding="utf-8"))
        publication = Publication(
            publication_id=document["publication_id"],
            run_id=document["run_id"],
            as_of=date.fromisoformat(document["as_of"]),
            published_at=datetime.fromisoformat(document["published_at"]),
            path=settings.published / Path(document["file"]).name,
            # Only the word true is a permission: one of before this field was kept is not.
            may_deliver=document.get("may_deliver") is True,
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as bad:
        raise UserError(
            f"{pointer} is damaged, so there is no telling which publication to read. "
            "Delete it and run `guanxi publish`; the warehouse is not touched."
        ) from bad
    if not publication.path.exists():
        raise UserError(f"The publication {publication.path} is gone. Run `guanxi publish` to make it again.")
    return publication


def point_to(settings: Settings, publication: Publication) -> None:
    """Move the pointer, atomically. The caller holds the writer's lock."""
    write_json(
        settings.published / POINTER,
        {
            "publication_id": publication.publication_id,
            "run_id": publication.run_id,
            "as_of": publication.as_of.isoformat(),
            "published_at": publication.published_at.isoformat(),
            "file": publication.path.name,
            "may_deliver": publication.may_deliver,
        },
    )


def release_publication(settings: Settings) -> Publication:
    """Let the plan of the current publication be delivered. The caller holds the writer's lock.

    Returns:
        The publication, released; also when it was before.

    Raises:
        UserError: nothing is published.
    """
    publication = current_publication(settings)
    if publication is None:
        raise UserError("Nothing is published yet, so there is nothing to release. Run `guanxi run`.")
    released = replace(publication, may_deliver=True)
    if not publication.may_deliver:
        point_to(settings, released)
    return released
