"""What the command line says of a campaign or journey that is halted while its files are wrong."""

from __future__ import annotations

from orchestration.cli.campaign_preview import MEANS
from orchestration.cli.session import console


def tell_halted(name: str, by: str, reason: str, mistake: str) -> None:
    """Say that a campaign or journey is paused whose files cannot be shown, and what is wrong with them."""
    console.print(f"{name}: paused ({MEANS['paused']})", markup=False, soft_wrap=True)
    console.print(f"decided by {' '.join(by.split())}", markup=False, soft_wrap=True)
    if reason:
        console.print(f"reason: {reason}", markup=False, soft_wrap=True)
    warn_of_wrong_files(mistake)


def warn_of_wrong_files(mistake: str) -> None:
    """Say of a halted campaign what is wrong with its files, and that it stays halted when they are right again."""
    console.print(
        f"Its files cannot be read, and it stays paused once they can: {mistake}",
        style="yellow",
        markup=False,
        soft_wrap=True,
    )
