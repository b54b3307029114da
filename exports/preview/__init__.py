"""What a campaign would send by the plan of the current publication, before anybody approves it."""
