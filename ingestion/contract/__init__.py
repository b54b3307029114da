"""What a channel promises to deliver, and how delivered rows are held against it."""
