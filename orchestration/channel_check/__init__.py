"""Whether a channel is right, before it is run: contract, files, staging models, on a sample of its rows."""
