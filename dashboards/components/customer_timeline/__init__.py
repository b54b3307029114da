"""What happened in the life of a customer, and what each purchase consisted of."""
