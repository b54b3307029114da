"""What campaigns and journeys show as the experiments that they are: the sums of the publication, read."""
