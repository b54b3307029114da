"""What is read of the dbt project without dbt: declarations in its yml files."""
