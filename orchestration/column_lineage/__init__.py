"""From which columns of its parents each column of a model is made, for the Dagster UI."""
