"""What surrounds a delivery: answers read again, receipts, a lost operations store."""
