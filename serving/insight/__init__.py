"""Questions about what is known of customers beyond their records: tags and lifetime value."""
