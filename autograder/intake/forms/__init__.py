"""The forms that learning management systems and graders give a class's submissions, and how they are recognised.

A form is recognised by the whole: most of what could be a submission is named in its way, and in a way that hangs
together. One odd name in a folder decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from autograder.errors import ConfigError
from autograder.intake.forms import canvas, gradescope, moodle, nbgrader
from autograder.intake.forms.handed import Form
from autograder.intake.listing import Listing
from autograder.intake.submission import Submission

PLAIN = "plain"
FORMS = {form.name: form for form in (gradescope.FORM, moodle.FORM, canvas.FORM, nbgrader.FORM)}
_TITLES = {name: form.title for name, form in FORMS.items()} | {PLAIN: "Files and folders"}


def named(name: str) -> Form | None:
    """The form of that name; None for files and folders without one.

    Raises:
        ConfigError: there is no such form.
    """
    if name == PLAIN:
        return None
    if name not in FORMS:
        raise ConfigError(f"form of submissions must be one of {', '.join([*FORMS, PLAIN])} (got '{name}')")
    return FORMS[name]


def recognise(listing: Listing, forms: Sequence[Form] = tuple(FORMS.values())) -> tuple[Form, Listing] | None:
    """The form of a folder or a zip file, and its listing without the folder around it, if there is one."""
    tops = listing.tops()
    inner = [name for name, folder in tops.items() if folder and (len(tops) == 1 or name == nbgrader.SUBMITTED)]
    for candidate in (listing, *map(listing.inside, inner)):
        for form in forms:
            if form.fits(candidate):
                return form, candidate
    return None


def told(submissions: Sequence[Submission]) -> str:
    """What was recognised, in one line: ``Moodle bulk download, 96 students (2 late, 1 handed nothing in)``."""
    origins = [submission.origin for submission in submissions]
    forms = Counter(PLAIN if origin is None else origin.form for origin in origins)
    missing = forms.pop("roster", 0)
    parts = [f"{_TITLES.get(form, form)}, {_students(count)}" for form, count in forms.items()]
    known = [origin for origin in origins if origin is not None]
    notes = [
        f"{count} {what}"
        for count, what in (
            (sum(bool(origin.late) for origin in known), "late"),
            (sum(bool(origin.attempts) for origin in known), "with earlier attempts"),
            (missing, "handed nothing in"),
        )
        if count
    ]
    return "; ".join(parts or ["No submissions"]) + (f" ({', '.join(notes)})" if notes else "")


def _students(count: int) -> str:
    return f"{count} student{'' if count == 1 else 's'}"
