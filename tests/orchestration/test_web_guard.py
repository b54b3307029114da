"""The Dagster UI and the app answer only under their own name, and only their own pages; with real servers."""

import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
DELETE = {"query": 'mutation { deletePipelineRun(runId: "x") { __typename } }'}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(command: list[str], port: int, path: str, environment: dict[str, str], folder: Path) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            for _ in range(1_200):
                assert server.poll() is None, (folder / "server.log").read_text()
                try:
                    if httpx.get(url + path).status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def status_of(url: str, method: str = "POST", **headers: str) -> int:
    content = {"json": DELETE} if method == "POST" else {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, url, headers=named, **content).status_code


def upgrade(url: str, path: str, **headers: str) -> int:
    """The status that a WebSocket handshake gets."""
    handshake = {
        "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
        "sec-websocket-key": base64.b64encode(b"0123456789abcdef").decode(),
    }  # fmt: skip
    with httpx.stream("GET", url + path, headers={**handshake, **headers}) as answer:
        return answer.status_code


def foreign_requests_are_refused(url: str, path: str) -> None:
    own = url.removeprefix("http://")
    port = own.partition(":")[2]
    for origin in (
        "http://evil.example",
        "null",
        f"http://evil.example:{port}",
        "http://127.0.0.1:1",
        "http://localhost",
    ):
        assert status_of(url + path, origin=origin) == 403, origin
        assert upgrade(url, path, origin=origin) == 403, origin
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "127.0.0.1:1"):
        assert status_of(url + path, host=host) == 403, host
        assert status_of(url + path, "GET", host=host) == 403, host
        assert upgrade(url, path, host=host, origin=f"http://{host}") == 403, host
    for site in ("cross-site", "same-site"):
        assert status_of(url + path, "GET", sec_fetch_site=site, sec_fetch_mode="no-cors") == 403
    assert status_of(url, "GET", sec_fetch_site="cross-site", sec_fetch_mode="navigate") == 200


def test_a_foreign_page_reaches_nothing_of_the_dagster_ui(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "orchestration.dagster_host.host", "--port", str(port)]
    with serving(command, port, "/server_info", {"DAGSTER_HOME": str(tmp_path)}, tmp_path) as url:
        foreign_requests_are_refused(url, "/graphql")
        assert status_of(url + "/graphql") == 200
        for page in ("/healthz", "/metrics"):
            assert status_of(url + page, "GET", host="evil.example") == 403
            assert status_of(url + page, "GET", sec_fetch_site="cross-site", sec_fetch_mode="no-cors") == 403
        assert status_of(url + "/metrics", "GET") == 200
        assert status_of(url + "/graphql", origin=url, sec_fetch_site="same-origin") == 200
        assert status_of(url + "/graphql", origin=f"http://localhost:{port}", host=f"localhost:{port}") == 200
        query = "/graphql?query=mutation{deletePipelineRun(runId:%22x%22){__typename}}"
        assert status_of(url + query, "GET", sec_fetch_site="cross-site", sec_fetch_mode="navigate") == 403
        assert upgrade(url, "/graphql", origin=url) == 101


def test_a_foreign_page_reaches_nothing_of_the_app(tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboards" / "server.py"),
        "--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true",
    ]  # fmt: skip
    with serving(command, port, "/_stcore/health", {"GUANXI_HOME": str(tmp_path / "home")}, tmp_path) as url:
        foreign_requests_are_refused(url, "/_stcore/stream")
        assert status_of(url + "/_stcore/health", "GET", origin=url) == 200
        assert upgrade(url, "/_stcore/stream", origin=url) == 101


@pytest.mark.parametrize("name", ["guanxi.example.com", "guanxi.example.com:8443"])
def test_a_name_of_the_settings_is_its_own_too(name: str) -> None:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    from stores.web_guard import WebGuard

    async def home(_: object) -> PlainTextResponse:
        return PlainTextResponse("home")

    app = Starlette(routes=[Route("/", home)], middleware=[Middleware(WebGuard, hosts=[name])])
    client = TestClient(app)
    assert client.get("/", headers={"host": name, "origin": f"https://{name}"}).status_code == 200
    assert client.get("/", headers={"host": name, "origin": "https://example.com"}).status_code == 403
