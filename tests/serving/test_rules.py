"""Rules of the questions: published schemas only."""

import re
from pathlib import Path

import pytest

from stores.settings import PROJECT_ROOT

MODULES = sorted((PROJECT_ROOT / "serving").glob("[!_]*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_questions_read_published_schemas_only(path: Path) -> None:
    python = r"(?m)^ *from .* import .*$|yield from published"
    source = re.sub(python, "", path.read_text(encoding="utf-8"))
    schemas = set(re.findall(r"\b(?:from|join) ([a-z_]+)\.\w", source))
    assert schemas <= {"marts", "segments", "campaigns", "rules", "publication", "information_schema"}
