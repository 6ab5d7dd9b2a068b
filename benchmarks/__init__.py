"""What the README's figures come from: this grader, Otter and plain nbclient over one generated class."""
