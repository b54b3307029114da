"""How dbt is started, what a build left behind, and what it was built from."""
