"""Claims about speed, each measured against a peer or a limit in one run: `python -m benchmarks`, `make bench`."""
