"""What makes dbt itself take less: its results, messages and exit codes stay its own."""
