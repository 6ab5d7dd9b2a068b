"""The student's side: all that runs beside student code. It is started by name; nothing imports it."""
