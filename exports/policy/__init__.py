"""The last look before sending: opt-outs, caps, quiet hours, legal texts."""
