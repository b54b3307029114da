"""Which fields a text cannot do without: the plan leaves out customers of whom one of them is not known."""

from pathlib import Path

import pytest

from exports.definitions.template import FIELD_MISSING, Wording
from exports.definitions.template_reading import read_template
from exports.rendering.needed_fields import needed_fields
from exports.rendering.wording_rules import read_wording_rules
from stores.settings import PROJECT_ROOT

RULES = read_wording_rules(PROJECT_ROOT)
WORDING = Wording("zh_CN", {"season": "夏", "places": 2}, ("a", "b"))


def needs(folder: Path, text: str, channel: str = "app_push", **snippets: str) -> dict[str, tuple[str, ...]]:
    """What a text needs, by variant."""
    place = folder / "recall" / channel / "zh_CN.liquid"
    place.parent.mkdir(parents=True)
    place.write_text(f"题目\n您好{text}", encoding="utf-8")
    (folder / "_snippets").mkdir()
    for name, said in snippets.items():
        (folder / "_snippets" / f"{name}.liquid").write_text(said, encoding="utf-8")
    return needed_fields(read_template(folder / "recall", RULES.channels[channel], WORDING, RULES))


@pytest.mark.parametrize(
    "text",
    [
        "{{ city }}",
        "{{ city | upcase }}",
        "{{ '您在' | append: city }}",
        "{% assign place = city %}{{ place }}",
        "{% capture place %}在{{ city }}{% endcapture %}{{ place }}",
        "{% liquid echo city %}",
        "{% if season == '夏' %}{{ city }}{% endif %}",
        "{% case season %}{% when '夏' %}{{ city }}{% else %}{{ season }}{% endcase %}",
        "{% for i in (1..places) %}{{ city }}{% endfor %}",
        "{% if stage == 'dormant' %}许久{% endif %}{{ city }}",
        "{% if city %}{{ city }}{% endif %}{{ city }}",
        "{% render 'place' %}",
        "{% render 'told', what: city %}",
    ],
)
def test_a_field_that_is_written_for_everybody_is_needed(text: str, tmp_path: Path) -> None:
    assert needs(tmp_path, text, place="在{{ city }}", told="{{ what }}") == {"a": ("city",), "b": ("city",)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{{ season }}",
        "{{ city | default: '本地' }}",
        "{% if city %}{{ city }}{% endif %}",
        "{% unless city %}{% else %}{{ city }}{% endunless %}",
        "{% if city == blank %}本地{% else %}{{ city }}{% endif %}",
        "{% assign place = city | default: '本地' %}{{ place }}",
        "{% if season == '冬' %}{{ city }}{% endif %}",
        # of some customers only: the last look before sending finds them
        "{% if stage == 'dormant' %}{{ city }}{% endif %}",
        "{% case stage %}{% when 'dormant' %}{{ city }}{% endcase %}",
        "{% assign place = city %}{% if stage == 'dormant' %}{% assign place = '本地' %}{% endif %}{{ place }}",
        "{% render 'asked', what: city %}",
    ],
)
def test_a_field_that_a_text_can_do_without_is_not(text: str, tmp_path: Path) -> None:
    assert needs(tmp_path, text, asked="{% if what %}{{ what }}{% endif %}") == {"a": (), "b": ()}


def test_a_text_may_need_a_field_in_one_variant_only(tmp_path: Path) -> None:
    text = "{% if variant == 'b' %}{{ city }}{% else %}{{ points_balance }}{% endif %}"
    assert needs(tmp_path, text) == {"a": ("points_balance",), "b": ("city",)}


def test_a_subject_and_the_plain_part_of_an_email_are_looked_at_too(tmp_path: Path) -> None:
    folder = tmp_path / "recall" / "email"
    folder.mkdir(parents=True)
    (folder / "zh_CN.liquid").write_text(
        '【广告】{{ city }}\n<p>您好 <a href="{{ unsubscribe_url }}">退订</a></p>', encoding="utf-8"
    )
    (folder / "zh_CN.txt.liquid").write_text("{{ name }}，您好", encoding="utf-8")
    template = read_template(tmp_path / "recall", RULES.channels["email"], WORDING, RULES)
    assert set(needed_fields(template)["a"]) == {"city", "name"}


def test_whoever_lacks_a_needed_field_cannot_get_the_text(tmp_path: Path) -> None:
    needs(tmp_path, "{{ city }}{{ name | default: '朋友' }}")
    template = read_template(tmp_path / "recall", RULES.channels["app_push"], WORDING, RULES)
    sample = template.wording.sample(RULES.fields, "a")
    for name in template.fields:
        is_refused = str(template.render(sample | {name: None})).startswith(FIELD_MISSING)
        assert is_refused == (name in needed_fields(template)["a"])
