"""What dlt does around a load."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from dlt.common.configuration.providers import SecretsTomlProvider

import ingestion.lake.load_package  # noqa: F401  with what it takes from dlt


def test_dlt_looks_for_secrets_without_importing_streamlit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Recorder:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            asked.append(name)

    monkeypatch.delitem(sys.modules, "streamlit", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Recorder, *sys.meta_path])
    SecretsTomlProvider(settings_dir=str(tmp_path))
    assert not [name for name in asked if name.startswith("streamlit")]
