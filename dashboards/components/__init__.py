"""What pages are made of: texts, frame, cards, charts, states. No SQL here."""
