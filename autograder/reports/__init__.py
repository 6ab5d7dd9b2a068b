"""What people and other systems see of the gradebook: feedback, the report of the class, tables, files for an LMS."""
