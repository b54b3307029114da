"""What a run logs, tracebacks included, shows nobody's number."""

import logging

from orchestration.cli.session import log_unexpected, open_session


def test_no_number_reaches_the_log_file_not_even_in_a_traceback(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    open_session(tmp_path, changes=True)
    logging.getLogger("ingestion.test").warning("%s wrote to 13912345678", "wang@fabrikam.cn")
    log_unexpected(ValueError("cannot read 13912345679"))
    written = (tmp_path / "logs" / "guanxi.log").read_text(encoding="utf-8")
    assert "【邮箱】 wrote to 【手机】" in written
    assert "cannot read 【手机】" in written
