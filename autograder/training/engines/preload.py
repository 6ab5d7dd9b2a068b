"""What the processes that train share beside Keras: the test images, ready to be compared with what a fit is given."""

import json
import os
from pathlib import Path

from autograder.datasets.arrays import VARIABLE
from autograder.datasets.overlap import prepare

for _path in json.loads(os.environ.get(VARIABLE, "[]")):
    prepare(Path(_path))
