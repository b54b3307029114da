"""Tags beside the build: what a rule would give, and why a customer has a tag."""
