"""How each channel writes down what people did: one module a channel."""
