"""Lists of people of the company who get test messages: sections `[guanxi.test_lists.<list>.<person>]` of the settings.

They stand in `.dlt/secrets.toml`, which is never committed: a seed would be published with their addresses in clear. A
person has a `name` and an address for each kind of identifier that message channels go to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from stores.errors import UserError
from stores.lake.vault import SEALED_KINDS
from stores.normalisation import mask, normalise
from stores.settings import Settings
from stores.settings_files import file_of

_SECTION = "guanxi.test_lists"


@dataclass(frozen=True)
class TestRecipient:
    """One person of a list.

    Attributes:
        key: the name of their section.
        name: theirs; stands where a text says the customer's.
        addresses: by kind of identifier, normalised.
    """

    __test__ = False  # no class of tests

    key: str
    name: str = field(repr=False)
    addresses: dict[str, str] = field(repr=False)

    def mask(self, identifier_type: str) -> str:
        """An address as it may be shown."""
        clear = self.addresses[identifier_type]
        return mask(identifier_type, clear) if identifier_type in SEALED_KINDS else clear


def read_test_list(settings: Settings, name: str, identifier_types: Iterable[str]) -> list[TestRecipient]:
    """The people of a list, in the order of the file.

    Args:
        settings: the installation.
        name: of the list.
        identifier_types: the kinds of identifiers that message channels go to.

    Raises:
        UserError: there is no such list, nobody is in it, or what it says of somebody makes no sense.
    """
    people = settings.test_lists.get(name)
    if not people:
        known = ", ".join(settings.test_lists) or "none yet"
        raise UserError(
            f"There is no test list {name!r} with people in it. Lists: {known}. A person is a section "
            f"[{_SECTION}.{name}.<person>] of .dlt/secrets.toml, with name and addresses."
        )
    allowed = ("name", *dict.fromkeys(identifier_types))
    place = file_of(f"{_SECTION}.{name}")
    found = []
    for key, fields in people.items():
        section = f"{place}, section [{_SECTION}.{name}.{key}]"
        if unknown := [one for one in fields if one not in allowed]:
            raise UserError(f"{section}: there is no field {unknown[0]}. Allowed are {', '.join(allowed)}.")
        addresses = {}
        for kind in allowed[1:]:
            written = fields[kind].get_secret_value().strip() if kind in fields else ""
            if not written:
                continue
            clear = normalise(kind, written, settings.country) if kind in SEALED_KINDS else written
            if not clear:
                raise UserError(f"{section}: {kind} cannot be read. Write it as the person would give it.")
            addresses[kind] = clear
        if not addresses:
            raise UserError(f"{section}: there is no address. Allowed are {', '.join(allowed[1:])}.")
        name_of = fields["name"].get_secret_value().strip() if "name" in fields else ""
        found.append(TestRecipient(key, name_of or key, addresses))
    return found
