"""Imported first by the checkers' fork server, and by nothing else: TensorFlow's chatter goes nowhere.

What a checker has to say it says in its answer.
"""

import os

_nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(_nowhere, 1)
os.dup2(_nowhere, 2)
