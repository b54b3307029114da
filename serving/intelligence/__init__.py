"""What fitted models say, as published: one module a model."""
