"""Which names, e-mail addresses and identifiers are the same person's, however they are written."""

from __future__ import annotations

import re
import unicodedata

#: What Moodle takes out of file names (``clean_param``, PARAM_FILE), and marks of direction, which are not shown.
_LEFT_OUT = re.compile(r"[\x00-\x1f\x7f&<>\"`|':\\/\u2019\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]")
_PARTICIPANT = re.compile(r"(?:participant|teilnehmer|partecipante|deelnemer)[^0-9]*([0-9]+)", re.IGNORECASE)


def same_name(name: str) -> str:
    """A name as it is compared: ``Lovelace, Ada`` is ``ada lovelace``."""
    last, comma, first = name.partition(",")
    turned = f"{first} {last}" if comma and "," not in first else name
    bare = _LEFT_OUT.sub("", turned.replace("_", " "))
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", bare).casefold()).split())


def squeezed_names(name: str) -> set[str]:
    """What Canvas may write for a name in file names: of ``Lovelace, Ada`` and ``Ada Lovelace``, ``lovelaceada``."""
    given, _, last = name.strip().rpartition(" ")
    return {squeezed(f"{last} {given}")} | ({squeezed(name)} if "," in name else set())


def squeezed(name: str) -> str:
    """A name without all that Canvas leaves out of file names."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFC", name).casefold())
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LM" or c.isdecimal())


def same_identifier(identifier: str) -> str:
    """An identifier as it is compared: ``Participant 12345``, in some languages, is ``12345``."""
    return participant_number(identifier) or unicodedata.normalize("NFC", identifier).strip().casefold()


def participant_number(identifier: str) -> str | None:
    """The number of a participant of Moodle's, of ``Participant 12345``; None of what is not written like that."""
    found = _PARTICIPANT.fullmatch(identifier.strip())
    return found[1] if found else None


def same_email(email: str) -> str:
    return unicodedata.normalize("NFC", email).strip().casefold()
