"""What the campaigns page is made of: decisions about a campaign, samples of its messages."""
