"""Inside the sandbox: set-up of a process before it touches anything that a student made.

- ``forkserver``: forks a process for each request; ``once``: the process of a single call, where nothing is forked;
  ``imports``: what they leave out.
- ``namespaces``: a forked process's own view of the system; ``limits``: its resources; ``user``: its rights.
"""
