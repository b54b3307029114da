"""What people write: campaigns and templates, checked before anything is sent."""
