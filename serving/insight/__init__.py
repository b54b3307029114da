"""Questions about what is known of customers beyond their records: tags, lifetime value, goals."""
