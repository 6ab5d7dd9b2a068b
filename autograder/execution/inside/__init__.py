"""Inside the kernel, beside student code: everything in this folder runs there and imports nothing of the trusted side."""
