"""The seeds of the dbt project, checked against what their declarations say before a run begins."""
