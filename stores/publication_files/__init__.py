"""What a publication consists of: a file for each table, and one that names them."""
