"""The environment of a process that works on what students made: nothing of the grader's own is passed on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import autograder

#: Large arrays come in large pages, and what is let go is kept for the next one: fresh memory is slow to come by.
_MEMORY = (
    "glibc.malloc.hugetlb=1",
    f"glibc.malloc.mmap_threshold={2**30}",
    f"glibc.malloc.trim_threshold={2**32}",
)


def plain_environment(threads: int) -> dict[str, str]:
    """The environment of a process that works on what students made: Python's settings, and nothing of the grader's."""
    here = Path(autograder.__file__).resolve().parent.parent
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "PYTHONPATH": str(here),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "GLIBC_TUNABLES": ":".join(_MEMORY),
        "KERAS_BACKEND": "tensorflow",
    } | thread_limits(threads)


def thread_limits(threads: int) -> dict[str, str]:
    """Environment variables that quiet TensorFlow and keep its, OpenMP's and BLAS's threads to a number."""
    count = str(threads)
    return {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_NUM_INTRAOP_THREADS": count,
        "TF_NUM_INTEROP_THREADS": count,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
    }
