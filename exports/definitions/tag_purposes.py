"""Sensitive tags in campaigns and journeys: who goes by one says what for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from stores.dbt_files.customer_metrics import declared_custom_tags
from stores.dbt_files.seed_rows import seed_rows

_SEED = "tag_rules"


def tags_of_project(project_root: Path) -> tuple[list[str], dict[str, str]]:
    """The tags of the catalogue, and what each sensitive one of them may be used for.

    Args:
        project_root: the folder that holds `dbt_project/`.

    Raises:
        UserError: the seed is missing, or the declaration of a tag is wrong.
    """
    rows, own = seed_rows(project_root / "dbt_project", _SEED), declared_custom_tags(project_root / "dbt_project")
    sensitive = {row["tag"]: row["purpose"] for row in rows if row["sensitive"].lower() == "true"}
    sensitive |= {tag: str(meta["purpose"]) for tag, meta in own.items() if meta.get("sensitive")}
    return sorted({row["tag"] for row in rows} | set(own)), sensitive


def require_purpose(tags: Iterable[str], sensitive: Mapping[str, str], tag_purpose: str | None) -> None:
    """Check that a file which names sensitive tags says what for.

    Args:
        tags: that it names.
        sensitive: what each sensitive tag may be used for.
        tag_purpose: what the file says.

    Raises:
        ValueError: it says nothing; in words that end the sentence "`<file>:<line>: <field>: …`".
    """
    for tag in sorted(set(tags) & set(sensitive)):
        if not tag_purpose:
            raise ValueError(
                f"the tag {tag!r} is sensitive; it may be used for: {sensitive[tag]}. Say with tag_purpose what it is "
                "used for here"
            )
