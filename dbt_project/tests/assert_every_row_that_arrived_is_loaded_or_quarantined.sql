-- Tables where rows that arrived are neither loaded nor in quarantine.
select
    channel,
    table_name
from {{ ref('data_quality') }}
where physical_rows <> loaded_rows + quarantined_rows
