"""`guanxi`: every command line of the platform, found in the modules beside this one."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from orchestration.cli import (
    backtest,
    campaign,
    check,
    day,
    demo,
    diff,
    experiment,
    explain,
    gate,
    identity,
    journey,
    lake,
    metrics,
    operations,
    publish,
    quarantine,
    receipts,
    receiver,
    run,
    status,
    tags,
    try_experiment,
    try_transactions,
    up,
    upgrade,
)
from orchestration.cli import dbt_command as operate
from orchestration.cli.help_texts import tidy
from orchestration.cli.session import log_unexpected
from orchestration.cli.versions import print_version
from orchestration.garbage_collection import look_rarely
from orchestration.runs.storage_errors import storage_problem
from stores.errors import NotPublished, UserError
from stores.private_files import keep_private
from stores.redaction.log_handlers import redact_this_process
from stores.redaction.log_lines import log_line

_INTERRUPTED = 130
# What these have done stays done, and they do the rest when they are run again.
_GOES_ON = ("run", "demo", "upgrade", "quarantine", "receipts", "lake")

app = typer.Typer(
    name="guanxi",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
)


@app.callback()
def guanxi(
    version: Annotated[  # what it does is in its callback
        bool,
        typer.Option("--version", callback=print_version, is_eager=True, help="Show the versions and exit."),
    ] = False,
) -> None:
    """Guanxi 关系: channels in, one customer view out, campaigns sent. All of it in your own warehouse."""


app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("check")(check.check)
app.command("day")(day.day)
app.command("status")(status.status)
app.add_typer(campaign.app, name="campaign")
app.add_typer(journey.app, name="journey")
app.add_typer(explain.app, name="explain")
app.add_typer(identity.app, name="identity")
app.add_typer(tags.app, name="tags")
explain.app.command("tag")(tags.explain_tag)
assert try_experiment.app is try_transactions.app
app.add_typer(try_transactions.app, name="try")
app.add_typer(experiment.app, name="experiment")
app.command("publish")(publish.publish)
app.add_typer(gate.app, name="gate")
app.command("diff")(diff.diff)
app.add_typer(backtest.app, name="backtest")
app.add_typer(metrics.app, name="metrics")
app.command("up")(up.up)
app.command("upgrade")(upgrade.upgrade)
app.command("serve-demo", hidden=True)(up.serve_demo)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(lake.app, name="lake")
app.add_typer(receipts.app, name="receipts")
app.command("receiver")(receiver.receiver)
app.add_typer(operations.app, name="operations")
app.command("dbt", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(operate.dbt_command)


def command_line() -> TyperGroup:
    """The whole command line, built."""
    built = get_command(app)
    assert isinstance(built, TyperGroup)
    tidy(built)
    invoke = built.invoke

    def without_end_of_file(context: Any) -> object:
        try:
            return invoke(context)
        except EOFError as defect:
            raise _EndOfFile from defect

    built.invoke = without_end_of_file  # type: ignore[method-assign, assignment]  # Typer makes its class itself
    return built


class _EndOfFile(Exception):
    """What a command came upon and did not foresee; as EOFError it would pass for a prompt that the user closed."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 failed, 2 wrong arguments, configuration or input."""
    look_rarely()
    keep_private()
    redact_this_process()
    try:
        _refuse_empty_values(sys.argv[1:])
        code = command_line()(standalone_mode=False, prog_name="guanxi")
    except typer.TyperException as wrong:
        # Without arguments the help has been shown and there is nothing to add.
        if wrong.format_message():
            where = getattr(wrong, "ctx", None)
            _say(wrong.format_message(), hint=f"See `{where.command_path if where else 'guanxi'} --help`.")
        code = 2
    except UserError as wrong:
        _say(str(wrong))
        code = 1 if isinstance(wrong, NotPublished) else 2
    except (typer.Abort, KeyboardInterrupt):
        code = _INTERRUPTED
    except Exception as failed:
        defect = failed.__cause__ if isinstance(failed, _EndOfFile) and failed.__cause__ else failed
        problem = storage_problem(defect, os.environ.get("GUANXI_HOME", "the data folder"))
        if _was_interrupted(defect):
            code = _INTERRUPTED
        elif problem:
            _say(problem)
            code = 2
        else:
            _say(f"Unexpected error: {type(defect).__name__}: {defect}", hint=f"Details: {log_unexpected(defect)}")
            code = 1
    if code == _INTERRUPTED:
        _say(_stopped(sys.argv[1:]))
    sys.exit(code if isinstance(code, int) else 0)


def _was_interrupted(defect: BaseException | None) -> bool:
    """Whether Ctrl-C is behind what a library made of it."""
    while defect is not None:
        if isinstance(defect, KeyboardInterrupt):
            return True
        defect = defect.__cause__ or defect.__context__
    return False


def _stopped(arguments: list[str]) -> str:
    """What holds of a command that was interrupted."""
    if arguments[:1] == ["check"]:
        return "Stopped. A check changes nothing, and what it had made is thrown away."
    if arguments and arguments[0] in _GOES_ON:
        return "Stopped. Nothing half done counts; running the same command again goes on from here."
    return "Stopped. Nothing half done counts."


def _refuse_empty_values(arguments: list[str]) -> None:
    """Refuse an empty value: a variable of a script that was never set must not mean "today", "everything" or "here".

    Raises:
        UserError: names the option.
    """
    if arguments[:1] == ["dbt"]:
        return  # passed on as they are
    for before, value in zip(["", *arguments], arguments, strict=False):
        option, is_joined, joined = value.partition("=")
        if value.startswith("--") and is_joined and not joined.strip():
            name = option
        elif not value.strip():
            if not before.startswith("-") or "=" in before:
                raise UserError("An argument is empty. Nothing was done.")
            name = before
        else:
            continue
        raise UserError(f"The value of {name} is empty. Give one, or leave the option out. Nothing was done.")


def _say(message: str, hint: str = "") -> None:
    """One line on standard error."""
    sys.stderr.write(log_line(" ".join(f"{message} {hint}".split())) + "\n")
