"""A spec as text to copy: YAML, command line, Python."""

import pprint
from collections.abc import Mapping
from typing import Any

import streamlit as st

from backend.api import specs


def spec_text(content: Mapping[str, Any]) -> None:
    """Shows the same spec in the three ways it can be started without a form."""
    text = specs.to_yaml(content)
    yaml, shell, python = st.tabs(["YAML", "Command line", "Python"], key="spec_as")
    yaml.code(text, language="yaml")
    shell.code(f"python -m backend launch /dev/stdin --wait <<'EOF'\n{text}EOF", language="bash")
    literal = pprint.pformat(content, sort_dicts=False, width=88)
    python.code(
        f"import backend\n\nrun_id = backend.launch({literal})\nprint(backend.run(run_id).state)", language="python"
    )


def told_text(content: Mapping[str, Any]) -> None:
    """Shows what a script told of itself."""
    st.caption("Your own script told this; start it again to repeat the run.")
    st.code(specs.to_yaml(content), language="yaml")
