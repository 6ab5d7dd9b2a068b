"""The command line: a command reads its options, calls the stages, and says where things are.

- ``main``: the command; ``grade``, ``record``, ``authoring`` and ``quality``: its commands; ``options``: those that
  they share.
- ``progress``, ``table`` and ``closing``: what a run prints; ``preview`` and ``preview_time``: for a student alone.
- ``reference``: makes ``docs/reference.md`` of all this.
"""
