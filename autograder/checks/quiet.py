"""Imported first by the checkers' fork server, and by nothing else: settings that hold in that process alone.

TensorFlow's chatter goes nowhere (what a checker has to say it says in its answer), and no GPU is taken.
"""

import os

_nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(_nowhere, 1)
os.dup2(_nowhere, 2)
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")
