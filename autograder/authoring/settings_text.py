"""The text of settings in a master: read as YAML, and what is said of one that breaks a rule."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import yaml

from autograder.authoring.otter_settings import Setting
from autograder.errors import ConfigError


def read_mapping(source: str, place: str, loader: type[Any] = yaml.SafeLoader) -> dict[str, Any]:
    """The mapping that YAML text has; its first line may be a comment that says what follows.

    Raises:
        ConfigError: it is not YAML, or no mapping of names; ``place`` says where it is.
    """
    try:
        content = yaml.load(source, loader)  # one of the safe loaders
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
        raise ConfigError(f"{place} are not YAML ({line}{error.problem})") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{place} are not YAML ({error})") from None
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigError(f"{place} must be a mapping, such as 'points: 2' (got {in_brief(content)})")
    return content


def broken_rule(place: str, key: str, rule: str, value: Any) -> ConfigError:
    """The error of a setting with a value that breaks its rule."""
    return ConfigError(f"{place}: '{key}' must be {rule} (got {value!r})")


def near_names(key: str, known: Mapping[str, Setting]) -> str:
    """What a message says after the name of a setting that is not ``known``: one like it, or those that there are."""
    *table, name = key.split(".")
    names = {one.split(".")[-1]: one for one in known if one.split(".")[:-1] == table}
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean '{names[close[0]]}'?"
    return "" if table else f" (it has {', '.join(names)})"


def in_brief(value: Any) -> str:
    """A value in at most 61 characters."""
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
