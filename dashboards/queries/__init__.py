"""Parametrised, cached SQL on the published copy; one module per section. Columns with ciphertexts are never read."""
