"""Pages of personal e-mails: writing one, a conversation, and a user's own mailboxes."""
