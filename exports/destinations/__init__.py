"""The tools that messages go to: one module per kind of tool, found by looking, not by listing.

A destination instance is a section `[destinations.<name>]` of the settings with the `kind` of tool it is. The kinds
bring instances for the demo along, so that it works without configuration.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil

from exports.destinations.destination import Destination
from stores.errors import UserError
from stores.settings import Settings
from stores.settings_files import file_of

__all__ = ["Destination", "destination_names", "discover", "open_destination"]


@functools.cache
def discover() -> dict[str, type[Destination]]:
    """Every kind of destination, by its `kind`."""
    found: dict[str, type[Destination]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for _, member in inspect.getmembers(module, inspect.isclass):
            own = member.__module__ == module.__name__
            if own and issubclass(member, Destination) and not inspect.isabstract(member):
                found[member.kind] = member
    return found


def destination_names(settings: Settings) -> set[str]:
    """The instances that there are: those of the settings, and those that the kinds bring along."""
    return {*settings.destinations, *(name for kind in discover().values() for name in kind.demo_instances(settings))}


def open_destination(settings: Settings, name: str) -> Destination:
    """A destination instance, with its settings checked.

    Args:
        settings: the installation.
        name: the section's name.

    Raises:
        UserError: no such section, an unknown kind, or a wrong setting.
    """
    kinds = discover()
    demo = {
        instance: {"kind": kind.kind, **values}
        for kind in kinds.values()
        for instance, values in kind.demo_instances(settings).items()
    }
    if name not in settings.destinations and name not in demo:
        known = sorted({*settings.destinations, *demo})
        raise UserError(
            f"There is no destination {name!r}. There are {', '.join(known)}; "
            f"a new one is a section [destinations.{name}] in {file_of('destinations')}."
        )
    section = {**demo.get(name, {}), **settings.destinations.get(name, {})}
    kind = kinds.get(str(section.get("kind")))
    if kind is None:
        raise UserError(
            f"{file_of(f'destinations.{name}')}, section [destinations.{name}]: kind must be one of "
            f"{', '.join(sorted(kinds))}, not {section.get('kind')!r}."
        )
    filled = settings.model_copy(update={"destinations": {**settings.destinations, name: section}})
    return kind(name, filled.destination(name, kind.settings_model), settings)
