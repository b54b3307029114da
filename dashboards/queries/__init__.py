"""What pages ask: questions of `serving` with their answers kept, and of the operations store; a module a section."""
