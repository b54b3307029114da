"""Small HTTP services: the links of messages, and the receiver, a messaging tool on this machine to try things out."""
