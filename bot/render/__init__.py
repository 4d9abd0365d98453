"""A result -> the message, table or chart a person reads."""
