"""Inside the kernel, beside student code: all of this folder runs there and imports nothing of the trusted side."""
