"""What a demo leaves on the disk is for its own user alone."""

import os
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_file_of_a_demo_can_be_read_by_group_or_others(demo) -> None:
    open_to_others = [
        str(path.relative_to(demo.home))
        for path in [demo.home, *demo.home.rglob("*")]
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []


def test_processes_that_dagster_or_streamlit_start_write_for_their_user_alone(tmp_path: Path) -> None:
    for module in ("orchestration.definitions", "orchestration.cli.main"):
        place = tmp_path / module
        begin = "main.command_line = lambda: lambda **_: 0; main.main()" if module.endswith("main") else "pass"
        source = f"""
import atexit, importlib, pathlib
main = importlib.import_module({module!r})
atexit.register(lambda: pathlib.Path({str(place)!r}).touch())
{begin}
"""
        env = {**os.environ, "GUANXI_HOME": str(tmp_path / "home")}
        subprocess.run([sys.executable, "-c", f"import os; os.umask(0o022){source}"], cwd=ROOT, env=env, check=True)
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
