#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: the only time that the network is needed.
set -euo pipefail
umask 022
source=/autograder/source
environment=/opt/autograder
export DEBIAN_FRONTEND=noninteractive

apt-get update -qq
# The sandbox; where a container allows none, student code runs as a user without rights.
apt-get install -y -qq bubblewrap libseccomp2 || echo "no bubblewrap here"

newest() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v $name >/dev/null && $name -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; then
            command -v $name
            return
        fi
    done
}
python=$(newest)
if [ -z "$python" ]; then
    apt-get install -y -qq python3-venv || true
    apt-get install -y -qq python3.12 python3.12-venv || apt-get install -y -qq python3.11 python3.11-venv || true
    python=$(newest)
fi
if [ -z "$python" ]; then
    echo "Python 3.11, 3.12 or 3.13 is needed, and this image has none: choose Ubuntu 22.04 or newer on Gradescope" >&2
    exit 1
fi

"$python" -m venv $environment
$environment/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
    -r $source/requirements.lock
$environment/bin/python -m compileall -q $source/package  # here once, instead of in the container of each submission
PYTHONPATH=$source/package $environment/bin/python -m autograder doctor || true
