"""Inside the sandbox: what a process does there before it touches anything that a student made."""
