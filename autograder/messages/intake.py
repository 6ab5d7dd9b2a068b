"""What is wrong with a hand-in, what was changed in a notebook before it ran, and who is on the roster."""

TEXTS: dict[str, str | tuple[str, str]] = {
    # places
    "place.folder": "the folder",
    "place.submission": "the submission",
    # no notebook
    "no_notebook": "there is no notebook (*{suffix}) in {place}, only {names}",
    "empty_place": "{place} is empty or cannot be read",
    "several.notebooks": "there are {count} notebooks, and it is not clear which one counts: {names}",
    "several.zip_files": "there are {count} zip files, and it is not clear which one counts: {names}",
    "many_files": "there are more than {limit:,} files in {place}",
    "many_entries": "'{name}' must hold at most {limit:,} files (got {count:,})",
    "suffix": "'{name}' is not a notebook: its name must end in {suffix} or {zip_suffix}",
    "online_text": "only an online text was handed in, no notebook (*.ipynb)",
    "text_or_link": "only a text or a link was handed in, no notebook (*.ipynb)",
    "nothing": "nothing was handed in",
    # files that cannot be read
    "link": "'{name}' is a symbolic link, and links are not followed",
    "not_plain": "'{name}' must be a plain file",
    "not_read": "'{name}' cannot be read ({error})",
    "gone": "'{name}' cannot be read any more",
    "too_large": "'{name}' must be at most {limit} MB (got more)",
    "too_large_bare": "'{name}' must be at most {limit} MB without its outputs (got more)",
    "size": "'{name}' must be at most {limit} MB (got {size:,.0f} MB)",
    "not_zip": "'{name}' cannot be read as a zip file ({error})",
    "encrypted": "'{name}' must not be encrypted with a password",
    "compression": "'{name}' must be stored or deflated (got compression method {method})",
    "zip_directory": "'{name}' must have a list of files of at most {limit} MB (got {size:,} bytes)",
    # files that are not notebooks
    "empty": "'{name}' is empty",
    "not_text": "'{name}' is not a notebook: it is not UTF-8 text",
    "not_json": "'{name}' is not a notebook: it is not JSON ({error})",
    "merge_conflict": "'{name}' holds a merge conflict (line {line}): keep one version, and save it in Jupyter",
    "values": "'{name}' must hold at most {limit:,} values (got {count:,})",
    "no_format": "'{name}' is not a notebook: it has no 'nbformat'",
    "format": "'{name}' is not a notebook of format 1 to 4 ({error})",
    "language": "'{name}' is a notebook in {language}, not in Python",
    "no_cells": "'{name}' is not a notebook: it has no list of cells",
    "cells": "'{name}' must have at most {limit} cells (got {count})",
    "cell": "'{name}': cell {cell} must have at most {limit} characters (got {count})",
    # notes on a notebook
    "converted": "the notebook was converted from format {version}",
    "disguised": "'{name}' was read as a notebook; its name should end in .ipynb",
    "without_outputs": "the notebook has {size:,.0f} MB, so it was read without the outputs that it was saved with",
    "newest": "of several copies the newest counts: {name}, and not {others}",
    "named": "{name} counts, because it has the name of the assignment, and not {others}",
    "unused": (
        "only the notebook is graded, not {names}",
        "only the notebook is graded, not these {count} files: {names}",
    ),
    "beside.used": "handed in beside the notebook, and there in its run: {names}",
    "beside.missing": "the assignment asks for this beside the notebook, where it is not: {names}",
    "beside.refused": "{name}, beside the notebook, was not taken: {why}",
    "beside.limit": "there may be at most {count} such files, of {size} MB together",
    "unknown_cells": "cells of an unknown type were left out: {cells}",
    "ignored_cells": "cells with the tag otter_ignore were not run: {cells}",
    # a class
    "files": "Files and folders",
    "students": ("{source}, {count} student", "{source}, {count} students"),
    "no_submissions": "No submissions",
    "late": "{count} late",
    "attempts": "{count} with earlier attempts",
    "unread_time": "the time of {student} cannot be read, so lateness is not known: {time}",
    "late_without_time": (
        "{count} submission is late without a time, which costs nothing: {names}. Give the time in a column "
        "'submitted' of the roster, or override points",
        "{count} submissions are late without a time, which costs nothing: {names}. Give the times in a column "
        "'submitted' of the roster, or override points",
    ),
    "missing": "{count} handed nothing in",
    # the roster
    "several_matches": "'{name}' fits {students} and {submissions}: not matched",
    "listed.graded_before": ("{count} student graded before", "{count} students graded before"),
    "listed.on_roster": ("{count} student on the roster", "{count} students on the roster"),
    "listed.in_course": ("{count} student of the course", "{count} students of the course"),
    "earlier.replaces": "{name} takes the place of {earlier}, the earlier submission of {student}",
    "earlier.is_back": "{name} was replaced before by {earlier}, which counts for {student} (--student goes back)",
    "submissions": ("{count} submission", "{count} submissions"),
    "other_email": "'{name}' could be '{other}', but the e-mail address differs: not matched",
    "other_name": "'{name}' could be '{other}', but the name differs: not matched",
    "extension_of_nobody": "extension {number} in course.toml is of nobody in the class: {student}",
    "large_team": "team '{team}' of the roster has {count} students, more than team_size ({most}): each hands in alone",
    "several_teams": "{student} is in several teams of the roster ({teams}) and hands in alone: keep one of them",
    "team_not_allowed": "'{team}' is a team of the roster: set team_size in course.toml to let it hand in together",
    "several_in_team": "team '{team}' handed in several notebooks ({names}): the latest counts for all, {latest}",
    "several_without_times": (
        "team '{team}' handed in several notebooks ({names}), and not all have a time: each member's own counts"
    ),
    "not_on_roster": (
        "{count} submission is of nobody on the roster: {names}",
        "{count} submissions are of nobody on the roster: {names}",
    ),
}
