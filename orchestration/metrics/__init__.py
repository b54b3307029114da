"""Figures defined once (指标): the definitions of the dbt project, and the SQL that MetricFlow makes of them."""
