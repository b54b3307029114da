"""Personal values as tokens, ciphertexts, masks and keyed features; never in clear."""
