"""Which hidden trait of the demo's people each tag infers, and who has it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np

from stores.settings import PROJECT_ROOT

_PRODUCTS = PROJECT_ROOT / "demo_retailer" / "vocabulary_tables" / "products.csv"
_DAYPARTS = ("morning", "forenoon", "noon", "afternoon", "evening", "night")
_LIKES = "category = '{0}' or staple_category = '{0}'"

# conditions on the truth about people (demo_retailer/people_truth.py), their staple's product and the tag's own value
TRUTH = {
    **{f"{part}_buyer": f"daypart = '{part}'" for part in _DAYPARTS},
    **{f"{part}_visitor": f"daypart = '{part}'" for part in _DAYPARTS},
    "weekend_buyer": "week_part = 'weekend'",
    "weekend_visitor": "week_part = 'weekend'",
    "saturday_buyer": "week_part = 'weekend'",
    "sunday_buyer": "week_part = 'weekend'",
    "weekday_buyer": "week_part = 'weekday'",
    "weekday_visitor": "week_part = 'weekday'",
    "even_rhythm": "is_steady",
    "uneven_rhythm": "not is_steady",
    "festival_shopper": "is_festive",
    "avoids_festivals": "not is_festive",
    "favourite_category": "category = value or staple_category = value",
    "category_loyal": "category is not null or staple is not null",
    "category_mixer": "category is null and staple is null",
    "favourite_product": "staple_name = value",
    "product_repeater": "staple is not null or category is not null or price is not null",
    "product_explorer": "staple is null",
    "premium_prices": "price = 'premium' or staple_price >= 400",
    "budget_prices": "price = 'budget' or staple_price < 90",
    "coupon_lover": "deal = 'deal_seeker'",
    "full_price_buyer": "deal = 'full_price'",
    "price_sensitive": "deal = 'deal_seeker' or is_festive or points = 'redeemer'",
    "buys_in_bulk": "is_bulk",
    "single_pieces": "not is_bulk",
    "home_store": "keeps_to_one_store",
    "store_hopper": "not keeps_to_one_store",
    "store_buyer": "in_pos",
    "online_buyer": "in_shop",
    "mixed_buyer": "in_pos and in_shop",
    "app_user": "screen = 'app'",
    "web_user": "screen = 'web'",
    "both_screens": "in_app and in_web",
    "push_opener": "is_push_friend",
    "push_ignorer": "not is_push_friend",
    "redeemer": "points = 'redeemer'",
    "saver": "points = 'saver'",
    "service_oriented": "is_helped",
    "promoter": "mood = 'happy'",
    "very_satisfied": "mood = 'happy'",
    "effortless": "mood = 'happy'",
    "advocate": "mood = 'happy'",
    "detractor": "mood = 'unhappy'",
    "hard_effort": "mood = 'unhappy'",
    "interest_children": _LIKES.format("母婴用品") + " or staple_name like '%儿童%'",
    "interest_sports": _LIKES.format("运动户外"),
    "interest_cooking": _LIKES.format("厨房电器"),
    "interest_skin_care": _LIKES.format("个人护理"),
    "interest_bedding": _LIKES.format("家居家纺"),
    "women": "gender = 'female'",
    "men": "gender = 'male'",
    "born_2000s": "year(birthday) >= 2000",
    "born_1990s": "year(birthday) between 1990 and 1999",
    "born_1980s": "year(birthday) between 1980 and 1989",
    "born_1970s": "year(birthday) between 1970 and 1979",
    "born_before_1970": "year(birthday) < 1970",
}


def truth_of_customers(warehouse: duckdb.DuckDBPyConnection, home: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By tag, whether the person behind each customer is known, and whether what the tag infers is true.

    A customer is the person behind most of its source profiles.

    Args:
        warehouse: the demo's warehouse.
        home: the demo's data folder, with the truth.
    """
    warehouse.execute(f"""
        create or replace temp table truth as
        with counted as (
            select customer_id, person_id, count(*) as profiles
            from intermediate.int_customer_profiles as profiles
            inner join '{home / "demo" / "truth.parquet"}' as ids
                on profiles.source_profile_id = ids.channel || ':' || ids.native_id
            group by all
        ),
        behind as (
            select customer_id, arg_max(person_id, profiles) as person_id from counted group by all
        )
        select
            behind.customer_id, people.*, products.category as staple_category, products.product_name as staple_name,
            products.price as staple_price
        from behind
        inner join '{home / "demo" / "people.parquet"}' as people using (person_id)
        left join '{_PRODUCTS}' as products on people.staple = products.sku
    """)
    found = {}
    for tag, condition in TRUTH.items():
        rows = warehouse.execute(
            f"""
            select truth.customer_id is not null, coalesce({condition}, false)
            from (select customer_id from marts.customers) as customers
            left join truth on customers.customer_id = truth.customer_id
            left join (select customer_id, value from intermediate.int_customer_tags where tag = ?) as tags
                on customers.customer_id = tags.customer_id
            order by customers.customer_id
            """,
            [tag],
        ).fetchnumpy()
        known, is_true = rows.values()
        found[tag] = (np.asarray(known, dtype=bool), np.asarray(is_true, dtype=bool))
    return found
