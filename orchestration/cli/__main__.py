"""`python -m orchestration.cli`: the same as the `guanxi` command."""

from orchestration.cli.main import main

if __name__ == "__main__":
    main()
