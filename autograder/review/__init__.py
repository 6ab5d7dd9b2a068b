"""The marking page: people mark written answers on it. It is served on this machine only.

- ``server`` and ``guard``: who may ask; ``app``: the application; ``markers`` and ``forms``: who asks, and for what.
- ``marks``, ``students``, ``rubrics``, ``overrides`` and ``presence``: the answers to requests.
- ``queue``: the answers to mark, in ``groups``, by ``filters``, on ``cards``; ``pages``: as HTML.
"""

from autograder.review.server import Review, serve

__all__ = ["Review", "serve"]
