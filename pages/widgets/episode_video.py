"""A video that plays by itself, even where the same one stands beside it."""

import struct
from pathlib import Path

import streamlit as st


def episode_video(path: Path, name: str) -> None:
    """Shows a video.

    `name` is that of the checkpoint: two agents that did the same left equal files, which Streamlit takes for one.
    """
    st.video(path.read_bytes() + _free_box(name.encode()), autoplay=True, muted=True, loop=True)


def _free_box(content: bytes) -> bytes:
    """Returns a part of an MP4 file that players skip (ISO/IEC 14496-12, 8.1.2)."""
    return struct.pack(">I4s", 8 + len(content), b"free") + content
