-- Fifth part of the test publication: tags of three families, one with values, one sensitive, one that nobody has.
create table marts.customer_tags as
select customer_id, 'high_spender' as tag, null as value, true as is_current, getvariable('as_of') - 40 as since, null as until
from marts.customers where net_revenue > 3000
union all
select customer_id, 'favourite_category', if(city = '上海', 'scarf', 'bottle'), true, getvariable('as_of') - 9, null
from marts.customers where orders_count > 2
union all select customer_id, 'long_ill', null, true, getvariable('as_of') - 9, null from marts.customers where city = '北京'
union all
select customer_id, 'high_spender', null, false, getvariable('as_of') - 90, getvariable('as_of') - 50
from marts.customers where net_revenue <= 3000 and orders_count > 5;

create table marts.tag_numbers as
select cast(row_number() over (order by tag, value) as int) as tag_no, tag, value
from (select distinct tag, value from marts.customer_tags);

create table marts.customer_tag_periods as
select
    customer_id,
    coalesce(list(tag_no order by tag_no) filter (where is_current), []) as tag_nos,
    coalesce(list(since order by tag_no) filter (where is_current), []) as since,
    coalesce(list(tag_no order by tag_no) filter (where not is_current), []) as former_tag_nos,
    coalesce(list(since order by tag_no) filter (where not is_current), []) as former_since,
    coalesce(list(until order by tag_no) filter (where not is_current), []) as former_until
from marts.customer_tags
inner join marts.tag_numbers as numbers
    on customer_tags.tag = numbers.tag and customer_tags.value is not distinct from numbers.value
group by customer_id;

create table marts.tag_coverage as
with catalogue as (
    select * from (values
        ('high_spender', null, 'spending_power', 'net_revenue', '高消费客户', 'High spender', null, null, false),
        ('favourite_category', 'scarf', 'category', 'top_category', '偏好品类', 'Favourite category', '围巾', 'Scarves', false),
        ('favourite_category', 'bottle', 'category', 'top_category', '偏好品类', 'Favourite category', null, null, false),
        ('long_ill', null, 'demographics', null, '长期患病', 'Ill for long', null, null, true),
        ('night_buyer', null, 'category', 'night_share', '夜间购买', 'Buys at night', null, null, false)
    ) as r (tag, value, family, metric, name_zh, name_en, value_zh, value_en, is_sensitive)
),
held as (select tag, value, count(*) as customers from marts.customer_tags where is_current group by all)
select
    catalogue.*, coalesce(customers, 0) as customers, coalesce(customers, 0) as active_customers,
    coalesce(customers, 0) / (select count(*) from marts.customers) as customer_share, 0.4 as active_share,
    (case when customers is not null then getvariable('as_of') - 1 end)::date as changed_on,
    case when customers is not null then 'held' else 'no_metric' end as state, getvariable('as_of') as as_of
from catalogue left join held on catalogue.tag = held.tag and catalogue.value is not distinct from held.value;

create table marts.tag_family_coverage as
select
    family, any_value(families.name_zh) as name_zh, any_value(families.name_en) as name_en,
    any_value(is_inferred)::boolean as is_inferred, any_value(position)::int as position, count(distinct tag) as tags,
    count(distinct tag) filter (where state = 'held') as held_tags, sum(customers) as customers,
    sum(customers) as active_customers, 0.3 as customer_share, 0.5 as active_share, getvariable('as_of') as as_of
from marts.tag_coverage inner join rules.tag_families as families using (family) group by family;

create table marts.tag_drift as
select
    tag, value, family, tag = 'high_spender' as is_drifting, customers, customers as customers_before, customer_share,
    customer_share / 2 as customer_share_before, 0.3 as stability_index, getvariable('as_of') - 30 as compared_with,
    getvariable('as_of') as as_of
from marts.tag_coverage where state = 'held';

create table marts.customer_tag_counts as
select customer_id, true as is_profiled, count(*) as tags, count(*) as counted_tags
from marts.customer_tags where is_current group by customer_id;

create table marts.tag_summary as
select
    count(distinct tag) as tags, count(distinct tag) filter (where state = 'held') as held_tags,
    count(distinct tag) filter (where state = 'no_metric') as tags_without_metric, 0 as common_tags, 2000 as customers,
    1200 as active_customers, 900 as well_tagged_active_customers, 0.75 as well_tagged_active_share,
    21 as median_counted_tags, getvariable('as_of') as as_of
from marts.tag_coverage;
