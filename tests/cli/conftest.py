"""The results that the tests of reports are about, for the table in the terminal."""

from reports.conftest import result, ungraded

__all__ = ["result", "ungraded"]
