"""One module per guarded table, each with a `SUITE`; `expectations.gate.discover` finds them."""
