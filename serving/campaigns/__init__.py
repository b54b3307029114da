"""What campaigns and journeys show once they ran: experiments, costs, what messages do to people who get many."""
