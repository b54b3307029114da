"""What fitted models say: kept answers of `serving.intelligence`."""
