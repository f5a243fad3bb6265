"""What comes after a sweep: the best configuration to copy, to run again, to keep."""

import pprint
from functools import partial

import streamlit as st
import yaml

from backend import words
from backend.api import models, sweeps
from backend.model import Run, Trial
from pages.runs import actions
from pages.runs.charts import Board
from pages.widgets import errors
from pages.widgets.text import plain


def after(run: Run, _board: Board) -> None:
    best = run.best_trial
    if best is None:
        return
    st.markdown(f"##### Trial {best.number}, {plain(run.main_metric)} {words.number(best.best)}")
    if said := " ".join(filter(None, (chosen_by(run), flattered(run)))):
        st.caption(plain(said))
    configuration(run, best)
    steps(run, best)


def chosen_by(run: Run) -> str:
    """Says by what the best configuration is the best, where it has several seeds."""
    config = run.best_configuration
    if config is None or run.goal is None or run.goal.repeats == 1:
        return ""
    lost = f", of which {config.lost} failed or diverged and count as the worst value of all" if config.lost else ""
    so_far = "" if config.is_whole else " so far"
    return (
        f"Its configuration is the best by the mean of its {len(config.trials)} seeds{so_far}:"
        f" {words.number(config.value)}{lost}. This trial is the best of them."
    )


def flattered(run: Run) -> str:
    """Says what the best configuration came to on seeds by which it was not chosen, once they have run."""
    again = sweeps.on_fresh_seeds(run)
    if again is None or run.goal is None or run.best is None:
        return ""
    luck = run.goal.sign * (run.best - again.value)
    said = f"the choice flattered it by {words.number(luck)}" if luck > 0 else "the choice did not flatter it"
    return f"On {again.seeds} fresh seeds it came to {words.number(again.value)}: {said}."


def of_trial(run: Run, trial: Trial) -> None:
    """What stands below the rest on a trial's page: what can be done with one that has a value."""
    if trial.best is not None:
        configuration(run, trial)
        steps(run, trial)


def configuration(run: Run, trial: Trial) -> None:
    """A trial's parameters to copy."""
    as_python, as_yaml = st.tabs(["Python", "YAML"], key=f"config_{trial.number}")
    as_python.code(
        f"config = {pprint.pformat(trial.params, sort_dicts=False, width=88)}", language="python", wrap_lines=True
    )
    as_yaml.code(
        yaml.safe_dump(trial.params, sort_keys=False, default_flow_style=None), language="yaml", wrap_lines=True
    )


def steps(run: Run, trial: Trial) -> None:
    """What can be done with a trial that is over or has a value."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.popover(
            "Run again with seeds",
            icon=":material/replay:",
            help="One run proves little: several seeds show whether it was luck.",
        ):
            st.number_input("Seeds", value=5, min_value=1, max_value=100, key="again_seeds")
            st.button("Start", type="primary", key="again", on_click=_again, args=(run.id, trial.number))
        st.button(
            "Use as defaults",
            icon=":material/tune:",
            key="as_defaults",
            on_click=_as_defaults,
            args=(run.id, trial.number),
            help="Forms show these parameters from now on, and reinforcement-learning forms begin with them.",
        )
        if trial.checkpoint:
            with st.popover(
                "Promote checkpoint",
                icon=":material/workspace_premium:",
                help="Copies the checkpoint to data/models under a name.",
            ):
                st.text_input("Name", key="model_name", placeholder="digits-best")
                st.button("Promote", type="primary", key="promote", on_click=_promote, args=(run.id, trial.number))
    for message in st.session_state.pop("promoted", ()):
        st.success(message, icon=":material/check_circle:")
    named = [model for model in models.models() if model.run_id == run.id]
    if named:
        st.caption("Models of this run: " + ", ".join(f"{plain(model.name)} (trial {model.trial})" for model in named))


def downloads(run: Run) -> None:
    """The trials as a table to take away."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for form, title in (("csv", "CSV"), ("parquet", "Parquet"), ("jsonl", "JSON Lines")):
            st.download_button(
                f"Trials as {title}",
                partial(sweeps.trial_table, run.id, form),
                file_name=f"{run.id}_trials.{form}",
                key=f"trials_{form}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )


def _again(run_id: str, number: int) -> None:
    with errors.kept():
        actions.go("pages/watch/run.py", id=sweeps.best_again(run_id, int(st.session_state["again_seeds"]), number))


def _as_defaults(run_id: str, number: int) -> None:
    with errors.kept():
        sweeps.use_as_defaults(run_id, number)
        st.session_state["promoted"] = ["These parameters are the defaults now; the form can forget them again."]


def _promote(run_id: str, number: int) -> None:
    with errors.kept():
        model = models.promote(run_id, st.session_state["model_name"], number)
        st.session_state["promoted"] = [f"Copied to {plain(str(model.path))}"]
