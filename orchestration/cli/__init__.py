"""The `guanxi` command line, one module per command group."""
