"""Identity resolution on one file, in a home that is thrown away."""
