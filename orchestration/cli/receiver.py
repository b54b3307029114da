"""`guanxi receiver`: a local messaging tool that takes, shows and answers what this installation sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.ports import LOCALHOST, choose_ports, the_only_one
from orchestration.cli.session import HomeOption, Listing, console, open_session
from stores.errors import UserError
from stores.redaction.log_lines import log_line
from stores.settings import Settings

if TYPE_CHECKING:
    from endpoints.receiver import Folder, Webhook

_NOBODY = "none"


def receiver(
    home: HomeOption = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1024,
            max=65535,
            help="Port on this machine. Default: `demo` under \\[guanxi.ports].",
            show_default=False,
        ),
    ] = None,
    answer: Annotated[
        str, typer.Option("--answer", help="Answer every message at once with this event, such as delivered.")
    ] = _NOBODY,
) -> None:
    """Receive, show and answer messages on this machine: webhooks that are sent here, and file drops.

    Nobody else gets them. Runs until Ctrl-C; in another window approve a campaign and `guanxi run`.
    """
    settings = open_session(home, changes=True)
    refuse_demo(settings)
    from orchestration.sending.receiver_setup import words

    event = chosen_event(answer, words(settings).events)
    with the_only_one(settings, "demo") as is_first:
        if not is_first:
            raise UserError(f"A receiver of {settings.home} runs already, on port {settings.ports.demo}.")
        if port is not None:
            _receive(settings, port, event)
            return
        with choose_ports(settings, ["demo"], _tell) as chosen:
            _receive(chosen, chosen.ports.demo, event)


def _receive(settings: Settings, wanted: int, event: str | None) -> None:
    import signal
    import threading

    from endpoints.receiver import Inbox, Receiver
    from orchestration.sending.receiver_setup import sent_elsewhere, sources, words

    inbox = Inbox(settings)
    served = sources(settings, wanted)
    running = Receiver(settings, inbox, served, lambda: words(settings), _tell, event)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with running.listening(wanted):
            _begin(settings, wanted, served, sent_elsewhere(settings, wanted), event)
            stopped.wait()
    finally:
        inbox.close()
    console.print("Stopped. What came stays in the list; while no receiver runs, webhooks wait to be sent again.")


def refuse_demo(settings: Settings) -> None:
    """Leave a demo's messages to its own messaging tool.

    Raises:
        UserError: the data folder is a demo's.
    """
    if settings.is_demo:
        raise UserError(
            f"{settings.home} is a demo: its made-up retailer receives and answers the messages itself, on the same "
            "port, during `guanxi demo` and `guanxi up`. The receiver is for a data folder with your own channels."
        )


def chosen_event(answer: str, events: tuple[str, ...]) -> str | None:
    """The event that `--answer` names; None for none.

    Raises:
        UserError: there is no such event.
    """
    if answer == _NOBODY:
        return None
    if answer not in events:
        raise UserError(f"--answer must be none or one of {', '.join(events)}, not {answer!r}.")
    return answer


def _begin(
    settings: Settings, port: int, served: list[Webhook | Folder], elsewhere: list[str], event: str | None
) -> None:
    """Say where the page is, what is received and what to do next."""
    from endpoints.receiver import Webhook
    from endpoints.receiver.page_words import command

    waiting = _not_approved(settings)
    console.print(f"Receiver  http://{LOCALHOST}:{port}   [dim]Ctrl-C stops it.[/dim]")
    table = Listing(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 2))
    for one in served:
        what = f"webhook {one.path}" if isinstance(one, Webhook) else f"files in {one.folder}"
        table.add_row(one.destination, what)
    for name in elsewhere:
        table.add_row(name, "not received: its url is not this machine and port")
    console.print(table)
    if event:
        console.print(f"Everything is answered at once: {event}.")
    console.print("Next, in another window:")
    for text in (*(f"campaign approve {name} --by YOUR_NAME" for name in waiting), "run"):
        console.print(f"  {command(settings, text)}", markup=False, soft_wrap=True)


def _not_approved(settings: Settings) -> list[str]:
    """The campaigns that wait for an approval; none where another one is approved and goes out by `guanxi run`."""
    from exports.definitions.approval import approvals
    from exports.definitions.campaign_files import campaign_folder, load_campaigns

    campaigns = load_campaigns(campaign_folder(settings))
    standing = approvals(settings, campaigns)
    states = {
        one.campaign_id: standing[one.campaign_id].state
        for one in campaigns
        if one.is_active and one.kind == "campaign"
    }
    return [] if "approved" in states.values() else list(states)


def _tell(line: str) -> None:
    console.print(log_line(line), markup=False, soft_wrap=True)
