"""Texts of messages: how many a second are made and judged, as the last look before sending makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter

from benchmarks.claim import Bench, Line, Score

ORDER = 13
AT_LEAST = 10_000
_PARAMETERS = {"signature": "关系商城", "offer": "满200减50", "offer_en": "50 off 200"}
_SMS = "【{{ signature }}】{{ name | default: '老朋友' }}，{% if city %}{{ city }}的{% endif %}{{ offer }}，拒收请回复R"


def run(bench: Bench) -> list[Line | Score]:
    """Make text messages to customers who share their fields, to customers with names of their own, and e-mails."""
    texts = min(bench.sizes.messages, 50_000)
    folder = bench.folder / "templates" / "named" / "sms"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zh_CN.liquid").write_text(_SMS, encoding="utf-8")
    shared = _rate("dormant_recall", "sms", texts, bench, named=False)
    named = _rate("named", "sms", texts, bench, named=True)
    emails = _rate("dormant_recall", "email", texts // 10, bench, named=True)
    return [
        Score("renderings: text messages a second, fields shared by many", shared, at_least=AT_LEAST),
        Score("renderings: text messages a second, each with another name", named, at_least=AT_LEAST),
        Score(
            "renderings: e-mails a second, each with another name",
            emails,
            at_least=AT_LEAST // 10,
            note="HTML, text, links",
        ),
    ]


def _rate(template: str, channel: str, texts: int, bench: Bench, named: bool) -> float:
    """Texts a second."""
    from exports.definitions.template import Wording
    from exports.definitions.template_reading import read_template
    from exports.policy.judged_text import judged
    from exports.rendering.message_links import MessageLinks
    from exports.rendering.wording_rules import read_wording_rules
    from stores.keyring import Keyring
    from stores.links.link_settings import Links
    from stores.links.signed_links import LinkSigner
    from stores.settings import PROJECT_ROOT

    rules = read_wording_rules(PROJECT_ROOT)
    folder = (bench.folder if template == "named" else PROJECT_ROOT / "exports") / "templates" / template
    made = read_template(folder, rules.channels[channel], Wording("zh_CN", _PARAMETERS), rules)
    signer = LinkSigner(Keyring(active="", token_key=bytes(32), cipher_keys={}))
    links = MessageLinks(Links(base_url="https://go.shop.example", hosts=["shop.example"]), signer, datetime.now(UTC))
    begun = perf_counter()
    for number in range(texts):
        fields = {"city": f"城{number % 300}", "days_since_purchase": number % 700, "variant": "a"}
        text = made.render({**fields, "name": f"王{number}"} if named else fields)
        if isinstance(judged(made, text, "CN", links, f"d_{number:032}", "a"), str):
            raise RuntimeError(f"a text was not allowed: {text}")
    return texts / (perf_counter() - begun)
