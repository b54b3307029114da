"""The dbt project on small lakes: the runner, the rows, the worlds and the graphs that tests make."""
