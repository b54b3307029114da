"""Several installations on one machine: each takes ports that are free, and all of its processes know them."""

import json
import socket
import tempfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from orchestration.cli import ports
from orchestration.cli.demo_home import demo_port, demo_served
from orchestration.cli.ports import choose_ports, the_only_one
from orchestration.cli.receiver import receiver
from orchestration.cli.session import console
from orchestration.cli.up import needed_ports, process_commands, up
from orchestration.health.checks import _app_answers
from stores.errors import UserError
from stores.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _no_ports_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUANXI_CONFIG", raising=False)


@pytest.fixture
def taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The ports that other programs have."""
    found: set[int] = set()
    monkeypatch.setattr(ports, "is_taken", lambda port: port in found)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where a port is kept from others
    return found


def choose(settings: Settings, *names: str, tell: Callable[[str], None] = lambda _: None) -> Settings:
    """What is chosen by a command that has ended."""
    with choose_ports(settings, names, tell) as chosen:
        return chosen


def again(settings: Settings) -> Settings:
    """The settings as another process of the installation reads them."""
    return load_settings(home=settings.home)


def test_the_usual_ports_are_taken_where_they_are_free_and_nothing_is_kept(settings: Settings, taken: set[int]) -> None:
    said: list[str] = []
    chosen = choose(settings, "app", "dagster", "demo", tell=said.append)
    assert chosen.ports == settings.ports
    assert said == []
    assert not settings.chosen_ports.exists()


def test_where_a_usual_port_is_taken_the_next_free_one_is_and_every_process_knows_it(
    settings: Settings, taken: set[int]
) -> None:
    taken |= {8501, 8502, 3000}
    said: list[str] = []
    chosen = choose(settings, "app", "dagster", tell=said.append)
    assert (chosen.ports.app, chosen.ports.dagster, chosen.ports.demo) == (8503, 3001, 8701)
    assert said == [
        "Port 8501 is in use by another program: the app takes 8503.",
        "Port 3000 is in use by another program: the Dagster UI takes 3001.",
    ]
    assert again(settings).ports == chosen.ports
    assert "--server.port 8503" in " ".join(process_commands(chosen, app_only=False)["app"])


def test_a_home_keeps_its_ports_until_they_are_taken_and_the_usual_one_comes_first_again(
    settings: Settings, taken: set[int]
) -> None:
    taken |= {8501}
    choose(settings, "app")
    taken -= {8501}
    said: list[str] = []
    assert choose(again(settings), "app", tell=said.append).ports.app == 8502
    assert said == ["The app takes port 8502, as the last time."]
    taken |= {8502}
    assert choose(again(settings), "app").ports.app == 8501
    assert again(settings).ports.app == 8501
    assert json.loads(settings.chosen_ports.read_text()) == {}


def test_a_port_that_the_settings_name_is_used_or_refused(
    settings: Settings, taken: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken |= {8501}
    choose(settings, "app")
    config = tmp_path / "config.toml"
    config.write_text("[guanxi.ports]\napp = 8501\n", encoding="utf-8")
    monkeypatch.setenv("GUANXI_CONFIG", str(config))
    named = again(settings)
    assert named.ports.app == 8501, "what was chosen before holds only where the settings name none"
    with pytest.raises(UserError, match=rf"Port 8501 is in use .*`app` under \[guanxi.ports\] in {config}; "):
        choose(named, "app")


def test_no_two_of_an_installation_take_the_same_port(settings: Settings, taken: set[int]) -> None:
    named = settings.model_copy(update={"ports": settings.ports.model_copy(update={"app": 3001})})
    taken |= {3000}
    assert choose(named, "dagster").ports.dagster == 3002


def test_two_that_start_at_once_do_not_both_take_what_nobody_listens_on_yet(tmp_path: Path, taken: set[int]) -> None:
    one, two = (load_settings(home=tmp_path / name) for name in ("one", "two"))
    with choose_ports(one, ["app"], lambda _: None) as first, choose_ports(two, ["app"], lambda _: None) as second:
        assert (first.ports.app, second.ports.app) == (8501, 8502)
    assert choose(two, "app").ports.app == 8501


def test_when_none_is_free_it_is_said(settings: Settings, taken: set[int]) -> None:
    taken |= set(range(8501, 8700))
    with pytest.raises(UserError, match="None of the ports 8501 to 8600 is free"):
        choose(settings, "app")


@pytest.mark.parametrize("text", ["", "[]", '{"app": "x", "no_port": 1}', "{"])
def test_a_damaged_note_of_ports_is_as_none(settings: Settings, text: str) -> None:
    settings.state.mkdir(parents=True)
    settings.chosen_ports.write_text(text, encoding="utf-8")
    assert again(settings).ports == settings.ports


class AnswersAll(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def test_health_looks_at_the_port_that_the_app_took(settings: Settings, taken: set[int]) -> None:
    with HTTPServer(("127.0.0.1", 0), AnswersAll) as app:
        Thread(target=app.handle_request).start()
        settings.state.mkdir(parents=True)
        settings.chosen_ports.write_text(json.dumps({"app": app.server_port}), encoding="utf-8")
        assert _app_answers(again(settings))
    assert not _app_answers(again(settings))


def test_two_demos_serve_their_retailers_at_once_and_each_finds_its_own(tmp_path: Path) -> None:
    homes = [load_settings(home=tmp_path / name) for name in ("one", "two")]
    for one in homes:
        (one.home / "demo").mkdir(parents=True)
    with console.capture(), demo_served(homes[0]) as first, demo_served(homes[1]) as second:
        assert first.ports.demo != second.ports.demo
        for own in (first, second):
            assert again(own).ports.demo == own.ports.demo
            shop = f"http://127.0.0.1:{own.ports.demo}/shop/api/orders"
            assert httpx.get(shop, trust_env=False).status_code == 401
            with demo_served(again(own)) as found:  # another command of the same home starts no second one
                assert found.ports == own.ports
            with pytest.raises(UserError, match="is served already"), demo_port(again(own)):
                pass
            with pytest.raises(UserError, match="Another command serves the retailer"):
                needed_ports(again(own), app_only=False)


def test_a_demo_whose_port_is_taken_says_that_its_shop_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "mine.toml"
    monkeypatch.setenv("GUANXI_CONFIG", str(config))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        config.write_text(f"[guanxi.ports]\ndemo = {port}\n", encoding="utf-8")
        settings = load_settings(home=tmp_path / "home")
        (settings.home / "demo").mkdir(parents=True)
        with console.capture() as said, demo_served(settings) as served:
            assert served.ports.demo == port
        assert f"Port {port} is in use by another program, so this demo's shop" in said.get()
        assert f"`demo` under [guanxi.ports] in {config}." in said.get()
        with pytest.raises(UserError, match=f"in {config}"), demo_port(settings):
            pass


def test_a_second_up_and_a_second_receiver_of_one_home_are_refused(settings: Settings) -> None:
    settings.home.mkdir()
    with (
        the_only_one(settings, "up"),
        pytest.raises(UserError, match=r"already, with Dagster on port 3000"),
    ):
        up(home=settings.home)
    with the_only_one(settings, "demo"), pytest.raises(UserError, match=r"A receiver of .* runs already, on port 8701"):
        receiver(settings.home, None, "none")
