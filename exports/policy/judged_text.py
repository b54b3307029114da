"""Whether the text of a message may go where it is going: the country's rules, then its links, then its length.

The last look before sending and the preview judge by this alone, so that a preview promises what is sent.
"""

from __future__ import annotations

from exports.definitions.template import Content, Template
from exports.policy.sms_rules import refusal
from exports.policy.sms_size import sms_parts
from exports.rendering.channel_limits import too_long
from exports.rendering.message_links import Campaigning, MessageLinks


def judged(
    template: Template, content: Content | str, country: str, links: MessageLinks, delivery_id: str, variant: str | None
) -> Content | str:
    """The message as it leaves; or, as a plain string, why it must not be sent or must wait.

    Args:
        template: that made it.
        content: as the template gives it.
        country: whose rules count: the number's, or the company's where it goes to no number.
        links: signs its links.
        delivery_id: the message.
        variant: its variant.
    """
    if isinstance(content, str):
        return content
    rules, channel = template.rules, template.channel
    if channel.follows_sms_rules:
        problem = refusal(template.sms_rules, country, str(content["text"]))
    else:
        problem = rules.text_rules.refusal(country, channel.name, content)
    return problem or finished(template, content, links, delivery_id, variant)


def finished(
    template: Template, content: Content, links: MessageLinks, delivery_id: str, variant: str | None
) -> Content | str:
    """The message with its links; or, as a plain string, why it must not be sent or must wait."""
    channel = template.channel
    said = Campaigning(template.wording.campaign_id, channel.name, variant)
    marked = links.mark(content, said, channel.is_html, is_counted=not channel.follows_sms_rules)
    found = links.finish(marked, delivery_id, channel.is_html)
    if isinstance(found, str):
        return found
    if "parts" in found and found["text"] != content["text"]:
        found["parts"] = sms_parts(str(found["text"]))
    long = too_long(template.rules.limits.get(channel.name, ()), found)
    return f"template_not_allowed: {long}" if long else found
