"""One run of the platform: its day, its locks, its failures."""
