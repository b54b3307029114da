"""What makes source profiles one customer, in words."""
