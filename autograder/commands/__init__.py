"""The commands, thin: each reads its options, calls the stages, and says where things are."""
