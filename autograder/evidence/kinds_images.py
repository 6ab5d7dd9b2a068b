"""Images of Pillow in evidence: their pixels, as an array, and how these are colours."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.nodes import Node, NoForm, Read, Reader, Write, Writer, type_name


def _write(writer: Writer, value: Any, depth: int) -> Node:
    import numpy as np

    if getattr(value, "is_animated", False):
        raise NoForm("other", type_name(value))
    pixels = writer.array(np.frombuffer(value.tobytes(), np.uint8))
    about = {"mode": value.mode, "size": [*value.size], "palette": value.getpalette()}
    return {"kind": "image", "pixels": pixels, **about, "format": value.format}


def _read(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    from PIL import Image

    (width, height), pixels = node["size"], reader.array(node["pixels"])
    if width * height > 8 * pixels.nbytes:  # no pixel takes less than a bit
        raise EvidenceError("the pixels of an image were expected")
    image = Image.frombytes(node["mode"], (width, height), pixels.tobytes())
    if node["palette"] is not None:
        image.putpalette(node["palette"])
    image.format = None if node["format"] is None else str(node["format"])
    return image


def writers() -> dict[type, Write]:
    """How an image is written, once the notebook has imported Pillow."""
    pillow: Any = sys.modules.get("PIL.Image")
    return {} if pillow is None else {pillow.Image: _write}


READERS: Mapping[str, Read] = {"image": _read}
