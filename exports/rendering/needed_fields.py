"""Which fields a text cannot do without, so that the plan leaves out customers of whom they are not known.

A field is needed where the text writes it for everybody: without a default, and outside of every condition that depends
on the customer. What hangs on such a condition is taken out of a copy of the template; the rest is made once for each
field with that field alone not known. So the answer is that of the very rules by which messages are made. A text that
needs a field for some customers only is found by the last look before sending.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from liquid import BoundTemplate, RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.expressions import Path, StringLiteral
from liquid.builtin.tags.case_tag import CaseNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.ifchanged_tag import IfChangedNode
from liquid.builtin.tags.render_tag import RenderNode
from liquid.builtin.tags.tablerow_tag import TablerowNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.exceptions import LiquidError
from liquid.expression import Expression

from exports.definitions.liquid_limits import LimitedEnvironment, limited_environment, parse, render
from exports.definitions.template import Template
from exports.rendering.email_parts import is_markup
from exports.rendering.known_values import MissingFieldError

_CONDITIONAL = (IfNode, UnlessNode, CaseNode, ForNode, TablerowNode, IfChangedNode)


def needed_fields(template: Template) -> dict[str, tuple[str, ...]]:
    """The fields without which a customer cannot get the text, by variant.

    Args:
        template: one of a campaign, as `read_template` gives it.
    """
    certain = [_certain_part(template, source) for source in template.sources]
    return {
        variant: tuple(name for name in template.fields if _is_needed(template, certain, variant, name))
        for variant in template.wording.variants
    }


def _is_needed(template: Template, texts: Iterable[BoundTemplate], variant: str, name: str) -> bool:
    known = template.wording.sample(template.catalogue, variant) | {name: None}
    values = template.values(known, {block.name: "-" for block in template.blocks})
    for text in texts:
        try:
            render(text, values)
        except MissingFieldError as missing:
            if missing.field == name:
                return True
        except LiquidError:
            # What was taken out is missing elsewhere: nothing certain can be said.
            continue
    return False


def _certain_part(template: Template, source: str) -> BoundTemplate:
    """The template without what is not made for every customer of a variant."""
    is_long = template.channel.is_html and is_markup(source.partition("\n")[2])
    environment = limited_environment(template.loader, is_long=is_long)
    text = parse(environment, source)
    _Cut(text, environment, {"variant", *template.wording.parameters}).shorten(text.nodes)
    return text


class _Cut:
    """Takes out of a parsed template what depends on the customer, and what depends on that.

    Args:
        text: the template.
        environment: has its snippets.
        constants: names whose values are the same for all customers of a variant.
    """

    def __init__(self, text: BoundTemplate, environment: LimitedEnvironment, constants: Collection[str]) -> None:
        self._static = RenderContext(text)
        self._environment = environment
        self._constants = frozenset(constants)
        self._uncertain: set[str] = set()
        self._snippets: set[str] = set()

    def shorten(self, nodes: list[Node]) -> None:
        """Take what is not certain out of nodes that follow each other."""
        for node in list(nodes):
            if self._is_certain(node):
                for block in self._blocks(node):
                    self.shorten(block)
            else:
                nodes.remove(node)
                self._uncertain |= {name for one in self._within(node) for name in one.template_scope()}

    def _is_certain(self, node: Node) -> bool:
        own = self._names(node.expressions())
        if isinstance(node, _CONDITIONAL):
            own |= {name for one in self._branches(node) for name in self._names(one.expressions())}
            return not isinstance(node, IfChangedNode) and own <= self._constants - self._uncertain
        return not own & self._uncertain

    def _blocks(self, node: Node) -> Iterator[list[Node]]:
        """The texts within a node, also that of a snippet."""
        if isinstance(node, RenderNode) and isinstance(node.name, StringLiteral):
            if node.name.value not in self._snippets:
                self._snippets.add(node.name.value)
                yield self._environment.get_template(node.name.value).nodes
            return
        for child in self._children(node):
            if isinstance(child, BlockNode):
                yield child.nodes
            else:
                yield from self._blocks(child)

    def _branches(self, node: Node) -> Iterator[Node]:
        """What has a condition of its own within a conditional node."""
        return (child for child in self._children(node) if not isinstance(child, BlockNode))

    def _within(self, node: Node) -> Iterator[Node]:
        yield node
        for child in self._children(node):
            yield from self._within(child)

    def _children(self, node: Node) -> Iterable[Node]:
        return node.children(self._static, include_partials=False)

    def _names(self, expressions: Iterable[Expression]) -> set[str]:
        """The variables that expressions look at."""
        found: set[str] = set()
        for expression in expressions:
            if isinstance(expression, Path):
                found.add(str(expression.path[0]))
            found |= self._names(expression.children())
        return found
