"""Settings come from files and environment, and a mistake in them names file, section and field."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from stores.errors import UserError
from stores.settings import Settings, load_settings
from stores.settings_files import file_of


class ShopSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    base_url: str = "http://127.0.0.1"
    page_size: int = 500


def write(root: Path, name: str, text: str) -> None:
    (root / ".dlt").mkdir(exist_ok=True)
    (root / ".dlt" / name).write_text(text, encoding="utf-8")


def test_without_any_file_everything_has_a_default(tmp_path: Path) -> None:
    settings = load_settings(project_root=tmp_path)
    assert settings.home == tmp_path / "data"
    assert settings.warehouse_path == tmp_path / "data" / "warehouse" / "warehouse.duckdb"
    assert settings.channel("shop", ShopSettings) == ShopSettings()


def test_secrets_add_to_the_plain_settings_of_the_same_section(tmp_path: Path) -> None:
    write(tmp_path, "config.toml", '[guanxi]\nthreads = 4\n[channels.shop]\nbase_url = "http://shop"\npage_size = 10\n')
    write(tmp_path, "secrets.toml", "[channels.shop]\npage_size = 20\n")
    settings = load_settings(project_root=tmp_path)
    assert settings.threads == 4
    assert settings.channel("shop", ShopSettings) == ShopSettings(base_url="http://shop", page_size=20)


def test_the_environment_wins_over_the_file_and_the_argument_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "config.toml", '[guanxi]\nhome = "from-file"\n')
    assert load_settings(project_root=tmp_path).home == tmp_path / "from-file"
    monkeypatch.setenv("GUANXI_HOME", "from-environment")
    assert load_settings(project_root=tmp_path).home == tmp_path / "from-environment"
    assert load_settings(project_root=tmp_path, home=tmp_path / "given").home == tmp_path / "given"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[guanxi]\nthreads = 0\n", ["guanxi", "threads", "0"]),
        ('[guanxi]\nmemory_limit = "lots"\n', ["memory_limit", "lots"]),
        ('[guanxi]\ntimezone = "Shanghai"\n', ["timezone", "Asia/Shanghai"]),
        ("[guanxi]\nthread = 2\n", ["guanxi", "thread"]),
        ("[guanxi.ports]\napp = 80\n", ["ports.app", "80"]),
        ("[guanxi\n", ["config.toml", "TOML"]),
        ('[guanxi]\nhome = " "\n', ["home is empty"]),
        (
            '[guanxi.alerts]\nwebhook_url = "hooks.example.com/key"\n',
            ["alerts.webhook_url: must be written", "https?://"],
        ),
    ],
)
def test_a_wrong_setting_names_file_and_field(tmp_path: Path, text: str, named: list[str]) -> None:
    write(tmp_path, "config.toml", text)
    with pytest.raises(UserError) as wrong:
        load_settings(project_root=tmp_path)
    for word in ["config.toml", *named]:
        assert word in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_the_name_that_a_setting_had_in_the_release_before_is_taken(tmp_path: Path) -> None:
    for name in ("id_change_share", "id_churn_share"):
        write(tmp_path, "config.toml", f"[guanxi.gates]\n{name} = 0.3\n")
        assert load_settings(tmp_path).gates.id_change_share == 0.3


def test_a_wrong_channel_setting_names_its_section(tmp_path: Path) -> None:
    write(tmp_path, "config.toml", '[channels.shop]\npage_size = "many"\n')
    with pytest.raises(UserError, match=r"channels\.shop.*page_size"):
        load_settings(project_root=tmp_path).channel("shop", ShopSettings)


def test_the_business_day_is_the_one_in_shanghai(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T17:00:00+00:00")
    assert settings.today() == date(2026, 7, 1)
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T23:59:59")
    assert settings.today() == date(2026, 6, 30)
    monkeypatch.setenv("GUANXI_NOW", "yesterday")
    with pytest.raises(UserError, match="GUANXI_NOW"):
        settings.now()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[guanxi]\nthread = 2\n", "thread: there is no such setting; there are .*threads"),
        ("[guanxi.ports]\ndagstr = 3\n", "ports.dagstr: there is no such setting; there are dagster, app, demo"),
        ("[guanxi.gates]\nfreshness_hours = 48\n", "gates.freshness_hours: is said by each channel.s contract now"),
        ("[guanx]\nthreads = 2\n", r"config.toml: there is no section \[guanx\]. Did you mean \[guanxi\]\?"),
        ('[destination.crm]\nurl = "x"\n', r"there is no section \[destination\]. Did you mean \[destinations\]\?"),
    ],
)
def test_an_unknown_setting_or_section_says_what_there_is(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, "config.toml", text)
    with pytest.raises(UserError, match=words):
        load_settings(project_root=tmp_path)


def test_sections_that_are_not_ours_are_left_to_their_owner(tmp_path: Path) -> None:
    write(tmp_path, "config.toml", '[runtime]\nlog_level = "ERROR"\n[normalize]\nworkers = 1\n')
    assert load_settings(project_root=tmp_path).threads


def test_a_wrong_value_of_the_environment_is_named_by_its_variable(monkeypatch):
    monkeypatch.setenv("GUANXI_PAST_DAY", "foo")
    with pytest.raises(
        UserError, match=r"^GUANXI_PAST_DAY in the environment: must be a day such as 2026-06-30, not 'foo'\.$"
    ):
        load_settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[guanxi.ports]\napp = 80\n", r"^{file}, section \[guanxi\]: ports.app: must be 1024 or more, not 80\.$"),
        ("[guanxi\n", "^{file} cannot be read as TOML"),
        ("[chanels.pos]\n", r"^{file}: there is no section \[chanels\]"),
    ],
)
def test_the_file_that_has_the_mistake_is_named_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("GUANXI_CONFIG", str(file))
    with pytest.raises(UserError, match=said.format(file=file)):
        load_settings(project_root=tmp_path)


def test_the_key_in_a_wrong_address_for_alerts_is_not_repeated(tmp_path: Path) -> None:
    write(tmp_path, "secrets.toml", '[guanxi.alerts]\nwebhook_url = "hooks.example.com/key"\n')
    with pytest.raises(UserError) as refused:
        load_settings(project_root=tmp_path)
    assert "example.com" not in str(refused.value)


def test_the_file_that_says_a_setting_is_named_or_the_one_where_it_would_count(tmp_path, monkeypatch):
    monkeypatch.delenv("GUANXI_CONFIG", raising=False)
    write(tmp_path, "config.toml", "[guanxi.ports]\napp = 8600\n")
    write(tmp_path, "secrets.toml", '[destinations.tool]\nkind = "webhook"\n')
    assert file_of("guanxi.ports", "demo", tmp_path) == ".dlt/config.toml"
    assert file_of("destinations.tool", "kind", tmp_path) == ".dlt/secrets.toml"
    mine = tmp_path / "mine.toml"
    mine.write_text("[guanxi.ports]\ndemo = 8700\n", encoding="utf-8")
    monkeypatch.setenv("GUANXI_CONFIG", str(mine))
    assert file_of("guanxi.ports", "app", tmp_path) == ".dlt/config.toml"
    assert file_of("guanxi.ports", "demo", tmp_path) == str(mine)
    assert file_of("guanxi.ports", "dagster", tmp_path) == str(mine)
    mine.write_text('[guanxi]\nthreads = "many"\n', encoding="utf-8")
    with pytest.raises(UserError, match=f"{mine}.*threads"):
        load_settings(tmp_path)
