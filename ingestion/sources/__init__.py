"""Where channels come from: the landing folder, databases, REST APIs."""
