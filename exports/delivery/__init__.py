"""From the plan to the messaging tools: ledger, claim, dispatch, report."""
