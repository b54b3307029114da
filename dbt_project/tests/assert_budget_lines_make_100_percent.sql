-- lines that make less or more than 100 % give a campaign another total budget than its file says
select sum(share_percent) as percent
from {{ ref('budget_lines') }}
having abs(sum(share_percent) - 100) > 0.001
