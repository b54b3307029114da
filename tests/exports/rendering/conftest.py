"""Templates of a test: written into a project of their own and read as a campaign reads them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exports.definitions.template import Template, Wording
from exports.definitions.template_reading import read_template
from exports.rendering.wording_rules import WordingRules, read_wording_rules
from stores.settings import PROJECT_ROOT


@pytest.fixture(scope="session")
def rules() -> WordingRules:
    """What the project's seeds say of texts."""
    return read_wording_rules(PROJECT_ROOT)


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """The folder of campaigns, templates and blocks."""
    return tmp_path / "exports"


@pytest.fixture
def template(exports: Path, rules: WordingRules) -> Callable[..., Template]:
    """Write a template and read it."""

    def read(text: str, channel: str = "app_push", language: str = "zh_CN", **parameters: Any) -> Template:
        folder = exports / "templates" / "recall"
        path = folder / channel / f"{language}.liquid"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        wording = Wording(language, parameters, ("a",), "recall")
        return read_template(folder, rules.channels[channel], wording, rules)

    return read


@pytest.fixture
def snippet(exports: Path) -> Callable[[str, str], Path]:
    """Write a snippet."""

    def write(name: str, text: str) -> Path:
        path = exports / "templates" / "_snippets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write
