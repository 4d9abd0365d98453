"""A local Bot API server and its chat page: try it, test it, no token."""
