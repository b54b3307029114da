"""The macros that dbt gives to each node, made when a template asks for them: for a few of more than a thousand.

dbt makes all of them for every context, two for each model and test. That is a fifth of what dbt itself, without the
database, takes for a build of small tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.context.macros import MacroNamespace

# How one object of a context is made from the one that no context has.
_Make = Callable[[Any], Any]


def make_macros_when_asked() -> None:
    """Let contexts of dbt make the macros that are asked for; a second call changes nothing."""
    from dbt.context.manifest import ManifestContext
    from dbt_common.clients.jinja import MacroFuzzTemplate, NativeSandboxTemplate

    if hasattr(ManifestContext._build_namespace, "__wrapped__"):
        return
    # The context of a test's arguments: as that of all other templates, a view and no copy.
    NativeSandboxTemplate.new_context = MacroFuzzTemplate.new_context  # type: ignore[assignment]
    build_namespace, to_dict = ManifestContext._build_namespace, ManifestContext.to_dict
    kept: dict[tuple[str, str], _Unbound] = {}

    @wraps(build_namespace)
    def build_when_asked(self: Any) -> MacroNamespace:
        from dbt.clients.jinja import MacroGenerator
        from dbt.context.macros import MacroNamespace

        builder = self._get_namespace_builder()
        by_package = self.manifest.get_macros_by_package()
        place, macros = (builder.root_package, builder.search_package), _all(by_package)
        if place not in kept or kept[place].macros != macros:
            kept[place] = _Unbound(macros, builder.build_namespace(by_package, {}))
        unbound = kept[place].namespace
        made: dict[int, Any] = {}
        self._ctx = context = MacrosWhenAsked({}, self._ctx)

        def make(one: Any) -> Any:
            if id(one) not in made:
                if isinstance(one, dict):
                    made[id(one)] = MacrosWhenAsked(one, make=make)
                else:
                    made[id(one)] = MacroGenerator(one.macro, context, builder.node, builder.thread_ctx)
            return made[id(one)]

        context.offer(kept[place].flat, make)
        return MacroNamespace(
            global_namespace=make(unbound.global_namespace),
            local_namespace=make(unbound.local_namespace),
            global_project_namespace=make(unbound.global_project_namespace),
            packages=make(unbound.packages),
        )

    @wraps(to_dict)
    def offered(self: Any) -> dict[str, Any]:
        if not isinstance(self._ctx, MacrosWhenAsked):
            plain: dict[str, Any] = to_dict(self)
            return plain
        known: MacrosWhenAsked = super(ManifestContext, self).to_dict()
        known.prefer_offered()
        return known

    ManifestContext._build_namespace = build_when_asked  # type: ignore[method-assign]  # dbt has no setting for it
    ManifestContext.to_dict = offered  # type: ignore[method-assign]


def _all(by_package: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    return [macro for package in by_package.values() for macro in package.values()]


@dataclass
class _Unbound:
    """The macros of a project as the nodes of one package see them, in no context.

    Attributes:
        macros: all that the project has.
        namespace: as dbt builds it.
    """

    macros: list[Any]
    namespace: MacroNamespace

    def __post_init__(self) -> None:
        self.flat: dict[str, Any] = {}
        for searched in reversed(list(self.namespace._search_order())):  # who is searched first wins
            self.flat.update(searched)


class MacrosWhenAsked(dict[str, Any]):
    """A dictionary that makes the macros it offers when they are asked for; in all else as if it had them.

    Args:
        offered: by name, what they are made from.
        known: what it has from the beginning.
        make: makes one.
    """

    def __init__(self, offered: Mapping[str, Any], known: Mapping[str, Any] | None = None, make: _Make = id) -> None:
        super().__init__(known or {})
        self._offered, self._make = offered, make

    def offer(self, offered: Mapping[str, Any], make: _Make) -> None:
        """Offer these."""
        self._offered, self._make = offered, make

    def prefer_offered(self) -> None:
        """Let an offered macro take the place of what has its name."""
        for name in self._offered.keys() & dict.keys(self):
            del self[name]

    def __missing__(self, name: str) -> Any:
        self[name] = made = self._make(self._offered[name])
        return made

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._offered

    def get(self, name: str, default: Any = None) -> Any:
        """As of any dictionary."""
        try:
            return self[name]
        except KeyError:
            return default

    def _whole(self) -> dict[str, Any]:
        for name in self._offered:
            self[name]
        return self

    def __bool__(self) -> bool:
        return bool(self._offered) or super().__len__() > 0

    def __iter__(self) -> Any:
        self._whole()
        return super().__iter__()

    def __len__(self) -> int:
        self._whole()
        return super().__len__()

    def __eq__(self, other: object) -> bool:
        self._whole()
        return super().__eq__(other)

    __hash__ = None

    def keys(self) -> Any:
        """As of any dictionary, as are those that follow."""
        self._whole()
        return super().keys()

    def values(self) -> Any:  # noqa: D102
        self._whole()
        return super().values()

    def items(self) -> Any:  # noqa: D102
        self._whole()
        return super().items()

    def copy(self) -> dict[str, Any]:  # noqa: D102
        return dict(self.items())
