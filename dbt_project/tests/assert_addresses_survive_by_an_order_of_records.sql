-- Fields that messages are sent to whose rule counts records: a merge could then choose an address that neither part
-- had chosen, and write to somebody nobody wrote to before.
select survivorship_rules.field
from {{ ref('survivorship_rules') }} as survivorship_rules
inner join {{ ref('message_channels') }} as message_channels
    on replace(survivorship_rules.field, 'message_phone', 'phone') = message_channels.identifier_type
where survivorship_rules.rule = 'most_frequent'
