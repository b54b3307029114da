"""The people of the made-up world: who they are, how they live, buy and write."""
