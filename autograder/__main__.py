"""The command ``autograder``, which ``python -m autograder`` is, too."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while Python imports, Ctrl-C ends it without a traceback

from autograder.cli.main import main

if __name__ == "__main__":
    main(prog_name="autograder")
