"""Links in messages that lead back to this installation: their settings, and tokens that only it makes."""
