"""What the trials say about the parameters: Optuna's pictures, computed when they are looked at."""

from typing import Any

import streamlit as st

from backend.api.sweeps import limits
from backend.figures import sweeps
from backend.model import Run
from pages.runs.charts import Board
from pages.widgets import figure_plot

KEPT = 32
HEIGHT = 480
LIGHT = {"scatter", "bar"}


def pictures(run: Run, _board: Board) -> None:
    """One picture at a time: which, and of what, is in the URL."""
    several = len(run.goals) > 1
    names = [name for name in sweeps.PICTURES if name != "pareto" or several]
    url_name = st.query_params.get("picture", "pareto" if several else "importance")
    name = st.segmented_control(  # by itself, so that it goes into the next line where there is little room
        "Picture",
        names,
        default=url_name if url_name in names else names[0],
        required=True,
        key="picture_name",
        label_visibility="collapsed",
        format_func=lambda each: sweeps.PICTURES[each].title,
        on_change=_keep,
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        params = _params(run) if name in ("contour", "slice", "rank", "parallel") else []
        objective = _objective(run) if several and name != "pareto" else 0
    pruned = any(trial.state.value == "pruned" for trial in run.trials) and name != "timeline"
    st.caption(sweeps.PICTURES[name].tells + (" Pruned trials count with the best they reached." if pruned else ""))
    picture = _picture(run.id, name, tuple(params), objective, _state(run), _run=run)
    if isinstance(picture, str):
        st.info(picture, icon=":material/hourglass_empty:")
    elif isinstance(picture, tuple):
        figure, height = picture
        figure_plot.shown(figure, height, f"picture_{name}", sweeps.dark(run))
    else:
        st.plotly_chart(picture, key=f"picture_{name}", width="stretch", height=picture.layout.height)


def _keep() -> None:
    st.query_params["picture"] = st.session_state["picture_name"]


def _params(run: Run) -> list[str]:
    searched = limits(run).searched
    return st.multiselect(
        "Parameters",
        searched,
        key="picture_params",
        placeholder="Parameters: the most important",
        label_visibility="collapsed",
        width=360,
    )


def _objective(run: Run) -> int:
    keys = [goal.key for goal in run.goals]
    return keys.index(
        str(st.selectbox("Objective", keys, key="picture_objective", label_visibility="collapsed", width=200))
    )


def _state(run: Run) -> tuple[int, int, object]:
    """Returns what changes when a trial ends, and not with each report."""
    over = [trial for trial in run.trials if trial.is_finished]
    return len(over), sum(trial.state.value == "failed" for trial in over), run.state.value if run.is_over else ""


@st.cache_resource(show_spinner="Drawing …", max_entries=KEPT)
def _picture(run_id: str, name: str, params: tuple[str, ...], objective: int, state: object, *, _run: Run) -> Any:
    """A picture of a run in one state: as JSON and its height in pixels, as a figure, or why there is none.

    A cached figure is not changed by whoever shows it. Those of other traces than LIGHT are Streamlit's to draw: the
    page's own plotly.js may be the small bundle, which lacks them.
    """
    figure = sweeps.picture(_run, name, params, objective)
    if isinstance(figure, str):
        return figure
    height = figure.layout.height or HEIGHT
    figure.update_layout(height=height)
    return (figure.to_json(), height) if {trace.type for trace in figure.data} <= LIGHT else figure
