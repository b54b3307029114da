"""Sending what the campaign plan says, and nothing else.

Campaign files (`campaigns/`, `templates/`) say what is sent; the models decide to whom; this package carries it out:
`campaign` reads the files, `deliver` takes today's plan through the `ledger` to the `destinations`, `receipts` brings
back what became of it.
"""
