"""Small HTTP services: for now the receiver, a messaging tool on this machine for trying things out."""
