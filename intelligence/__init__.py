"""Statistics of customers: fitted models, each a versioned file with its quality, and readings of experiments."""
