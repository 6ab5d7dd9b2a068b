"""Inside the kernel, beside student code: start the kernel of a grading run, when there is no warm one.

``python -m autograder.kernel -f CONNECTION_FILE``, with the settings of the run (``KernelSettings`` in
``autograder.execution.launch``) in the JSON file that the environment variable ``AUTOGRADER_KERNEL`` names.
"""

import json
import os
import sys
from pathlib import Path

from autograder.kernel.serve import serve
from autograder.sandbox.inside.user import become

if __name__ == "__main__":
    settings = json.loads(Path(os.environ.pop("AUTOGRADER_KERNEL")).read_text(encoding="utf-8"))
    arguments = sys.argv[1:]
    if settings["user"] is not None:
        # The file lies where that user cannot read.
        own = Path(os.environ["HOME"], ".connection.json")
        own.write_text(Path(arguments[1]).read_text(encoding="utf-8"), encoding="utf-8")
        os.chown(own, settings["user"], settings["user"])
        become(settings["user"])
        arguments = ["-f", str(own)]
    serve(settings, arguments)
