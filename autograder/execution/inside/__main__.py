"""Inside the kernel, beside student code: start the kernel of a grading run, when there is no warm one.

``python -m autograder.execution.inside -f CONNECTION_FILE``, with the settings of the run (``Settings`` in
``autograder.execution.launch``) in the JSON file that the environment variable ``AUTOGRADER_KERNEL`` names.
"""

import json
import os
import sys
from pathlib import Path

from autograder.execution.inside.kernel import serve

if __name__ == "__main__":
    serve(json.loads(Path(os.environ.pop("AUTOGRADER_KERNEL")).read_text(encoding="utf-8")), sys.argv[1:])
