"""The datasets that networks are trained and measured on: where they come from, and their arrays."""
