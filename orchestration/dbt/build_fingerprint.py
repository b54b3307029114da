"""Is there anything new to build? What went into the last good publication, against what would go into the next."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from exports.definitions.campaign_files import campaign_folder, journey_folder
from orchestration.dbt.dbt_project import digest, project_dir, project_files
from stores.atomic_files import write_json
from stores.lake.reader import digest_of_loads
from stores.settings import Settings
from stores.warehouse import current_publication


def work_fingerprint(settings: Settings, as_of: date) -> str:
    """Hex digits over everything that a build depends on: code, campaigns, the day, the limits; `-`; completed loads.

    Args:
        settings: the installation.
        as_of: the day to build for.
    """
    code = [
        *project_files(project_dir(settings)),
        *_code(settings.project_root / "expectations"),
        *_code(settings.project_root / "linkage"),
        *_code(settings.project_root / "intelligence"),
        *_code(campaign_folder(settings)),
        *_code(journey_folder(settings)),
    ]
    return f"{digest(code, as_of.isoformat(), settings.gates.model_dump_json())}-{loads_fingerprint(settings)}"


def loads_fingerprint(settings: Settings) -> str:
    """16 hex digits over the completed loads of the lake alone; as `work_fingerprint` ends."""
    return digest_of_loads(settings.lake)[:16]


def is_current(settings: Settings, fingerprint: str) -> bool:
    """Whether the publication that readers see now was built from exactly this."""
    return fingerprint != "" and published_fingerprint(settings) == fingerprint


def published_fingerprint(settings: Settings) -> str:
    """What the publication that readers see now was built from; empty where that is not known."""
    publication = current_publication(settings)
    if publication is None or not publication.path.exists() or not settings.warehouse_path.exists():
        return ""
    try:
        kept = json.loads(_kept(settings).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return ""
    return str(kept.get("fingerprint", "")) if kept.get("publication_id") == publication.publication_id else ""


def keep(settings: Settings, publication_id: str, fingerprint: str) -> None:
    """Note what a publication was built from. Dying before this costs one more build, nothing else."""
    write_json(_kept(settings), {"publication_id": publication_id, "fingerprint": fingerprint})


def _kept(settings: Settings) -> Path:
    return settings.build_state / "last_good.json"


def _code(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".yml", ".yaml"})
