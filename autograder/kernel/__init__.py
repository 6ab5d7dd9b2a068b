"""The student's side: everything that runs beside student code.

The grader starts it by name, and nothing imports it. It imports only the rooms that both sides share: ``evidence``,
``networks``, ``datasets``, ``sandbox``, ``messages``, ``errors`` and ``files``. The sandbox shows student code these
rooms and no other. Nothing here decides a mark: whatever a student makes it send is checked on the other side.
"""
