"""The environment variables of processes that work on what students made: none of the grader's is passed on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from autograder.messages import language

#: Large arrays get large pages, and freed memory is kept for the next array: fresh memory from the system is slow.
_MEMORY = (
    "glibc.malloc.hugetlb=1",
    f"glibc.malloc.mmap_threshold={2**30}",
    f"glibc.malloc.trim_threshold={2**32}",
)


def plain_environment(threads: int) -> dict[str, str]:
    """Python's settings, and limits for its computing threads."""
    root = Path(__file__).resolve().parents[2]
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        language.VARIABLE: language.spoken().code,
        "GLIBC_TUNABLES": ":".join(_MEMORY),
        "KERAS_BACKEND": "tensorflow",
    } | thread_limits(threads)


def writing_to(folder: Path | None) -> dict[str, str]:
    """Variables that have programs leave their files in a folder; none if there is no such folder."""
    return {} if folder is None else dict.fromkeys(("HOME", "TMPDIR"), str(folder))


def thread_limits(threads: int) -> dict[str, str]:
    """Variables that silence TensorFlow, hide GPUs, and limit the threads of TensorFlow, OpenMP and BLAS."""
    count = str(threads)
    return {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_NUM_INTRAOP_THREADS": count,
        "TF_NUM_INTEROP_THREADS": count,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
    }
