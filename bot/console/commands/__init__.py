"""What can be asked of `basisbot`: one module a command, with its `options` and its `run`."""
