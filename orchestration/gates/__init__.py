"""The quality gates of a run, and what people accept of them."""
