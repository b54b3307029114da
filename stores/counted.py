"""Numbers with their noun, as English writes them."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number and what it counts: `1 row`, `2,000 rows`, `3 people` for `counted(3, "person", "people")`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
