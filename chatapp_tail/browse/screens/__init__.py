"""What the keys lead to: the rows, a conversation, a message, a record, the summary."""
