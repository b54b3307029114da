"""Quality gates: what must be true before anything is published or sent."""
