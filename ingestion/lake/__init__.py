"""The raw lake of a channel: rows gathered, handed over as one load package, and what counts in it."""
