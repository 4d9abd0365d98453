"""The desk's replies as messages: the number, one narrow table, inputs, convention, sources."""
