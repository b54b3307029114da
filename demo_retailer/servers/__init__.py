"""The retailer's own servers: the shop's API, the messaging tool, customers who answer."""
