"""What monitoring asks: is it healthy, and in which numbers does it stand."""
