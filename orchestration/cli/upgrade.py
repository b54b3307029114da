"""`guanxi upgrade`: what an older release left becomes what this one reads."""

from __future__ import annotations

import typer

from orchestration.cli.session import HomeOption, chapter, console, open_session


def upgrade(home: HomeOption = None) -> None:
    """Bring a data folder of an older release up to this one: stop `guanxi up` first, and make a backup.

    Proves that the keyring belongs to the data, makes the tokens again where this release has other normal forms (also
    of values that could not be read before), closes the files to other users, rebuilds everything and publishes it.
    Until it is done nothing is read, built or sent. Broken off anywhere, it goes on when it is started again.
    """
    settings = open_session(home, changes=True)
    from orchestration.asset_keys import READ_BACK
    from orchestration.runs.run_job import run_job
    from orchestration.upgrading.upgrade import upgrade as upgrade_tokens
    from stores.errors import UserError
    from stores.key_record import is_superseded
    from stores.lake.reader import has_data
    from stores.warehouse import current_publication

    with chapter("Keys and tokens"):
        done = upgrade_tokens(settings)
    if done.values or done.rows:
        console.print(
            f"  {done.values:,} values looked at: {done.changed:,} have another token, {done.readable:,} could not be "
            f"read before and can now, {done.unreadable:,} are no identifiers any more. {done.rows:,} rows of the "
            "operations store follow.",
            soft_wrap=True,
        )
    if done.unmapped:
        console.print(
            f"  {done.unmapped:,} identifiers of opt-outs and consents are nowhere in lake or ledger: they stay "
            "as they are and hold for whoever comes with the same token.",
            soft_wrap=True,
        )
    publication = current_publication(settings)
    if has_data(settings.lake) and is_superseded(settings, publication.publication_id if publication else None):
        with chapter("Rebuild"):
            # What other systems hold is not asked for; what people and tools did is in this folder.
            outcome = run_job(settings, "refresh", full=True, channels=[READ_BACK])
        if outcome.user_error:
            raise UserError(outcome.error)
        if not outcome.success:
            console.print(f"  {outcome.error}", style="red", markup=False, soft_wrap=True)
            console.print(
                "The tokens are upgraded, but nothing is published yet, and nothing is sent. See `guanxi status`; run "
                "`guanxi upgrade` or `guanxi run` again when it is corrected.",
                soft_wrap=True,
            )
            raise typer.Exit(1)
    console.print("The data folder is up to date.")
