"""What texts of messages are made of: fields, snippets, blocks, parts of e-mails, links; and how long they may be."""
