"""The command line: a command reads its options, calls the stages, and says where things are."""
