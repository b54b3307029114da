"""What stewards of the data look at: pairs of profiles, decisions, loads and quarantine."""
