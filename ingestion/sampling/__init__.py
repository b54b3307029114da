"""A few rows of a channel, read as a run reads them, into a lake that is thrown away: what `guanxi check` looks at."""
