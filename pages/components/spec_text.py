"""A spec as text to copy: YAML, command line, Python."""

import pprint

import streamlit as st

from backend import specs
from backend.specs import ExternalSpec, RunSpec


def spec_text(spec: RunSpec | ExternalSpec, *, whole: bool = False) -> None:
    """Shows the same spec in the three ways it can be started without a form, or what a script told of itself.

    What is empty or a default is left out, unless the `whole` is asked for.
    """
    if isinstance(spec, ExternalSpec):
        text = specs.to_yaml(spec)
        st.caption("Your own script told this; start it again to repeat the run.")
        st.code(text, language="yaml")
        return
    content = spec.model_dump(exclude_none=True) if whole else specs.brief(spec)
    text = specs.to_yaml(spec, content)
    yaml, shell, python = st.tabs(["YAML", "Command line", "Python"], key="spec_as")
    yaml.code(text, language="yaml")
    shell.code(f"python -m backend launch /dev/stdin --wait <<'EOF'\n{text}EOF", language="bash")
    told = pprint.pformat(content, sort_dicts=False, width=88)
    python.code(f"import backend\n\nrun_id = backend.launch({told})\nprint(backend.run(run_id).state)", language="python")
