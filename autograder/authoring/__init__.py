"""From a master notebook to everything else: building, validating and calibrating an assignment."""
