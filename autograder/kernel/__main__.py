"""Start a cold kernel: ``python -m autograder.kernel -f CONNECTION_FILE``.

The environment variable ``AUTOGRADER_KERNEL`` names a JSON file with the settings of the run (``KernelSettings`` in
``autograder.execution.launch``, and more).
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
        # That user cannot read the grader's file.
        connection_file = Path(os.environ["HOME"], ".connection.json")
        connection_file.write_text(Path(arguments[1]).read_text(encoding="utf-8"), encoding="utf-8")
        os.chown(connection_file, settings["user"], settings["user"])
        become(settings["user"])
        arguments = ["-f", str(connection_file)]
    serve(settings, arguments)
