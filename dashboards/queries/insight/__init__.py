"""What is known of customers: tags, lifetime value, goals."""
