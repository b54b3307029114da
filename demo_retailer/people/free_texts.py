"""Free texts of customers: complaints, questions and comments, some with a phone or an e-mail in them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo_retailer import vocabulary
from demo_retailer.people.population import People
from demo_retailer.seeded_draws import Ints, choose, paste, take, weighted

_CONTACT_WEIGHTS = np.array([88.0, 6, 3, 3])


def about_product(template: Ints, product: Ints) -> pa.StringArray:
    """Fill the ticket texts at some positions of the word table with product names."""
    before, after = (vocabulary.column("ticket_texts", part) for part in ("before", "after"))
    return paste(
        take(before, template), take(vocabulary.column("products", "product_name"), product), take(after, template)
    )


def with_contact(rng: np.random.Generator, texts: pa.StringArray, people: People) -> pa.StringArray:
    """Let some people leave their phone or e-mail in the text."""
    phone = pa.array(people.phone).cast(pa.string())
    variants = [
        texts,
        paste(texts, "，请回电", phone),
        paste(texts, "。联系电话：", phone, "，", people.surnames(), people.genders("先生", "女士")),
        paste(texts, "，可以发邮件到 ", people.emails().fill_null("前台"), " 联系我"),
    ]
    return choose(weighted(rng, _CONTACT_WEIGHTS, len(texts)), *variants)
