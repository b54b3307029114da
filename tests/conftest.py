"""Fixtures that every test may use."""

from pathlib import Path

import pytest

from stores.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty installation in a temporary folder."""
    return load_settings(home=tmp_path / "home")
