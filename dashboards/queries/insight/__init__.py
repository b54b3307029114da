"""What is known of customers: tags, goals."""
