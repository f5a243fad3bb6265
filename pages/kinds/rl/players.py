"""Agents at play, one or two beside each other: video, what it was worth, step by step."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import streamlit as st

from backend import api, words
from backend.api import rl
from backend.api.rl import Played
from backend.errors import UnknownRun
from backend.figures import episodes
from backend.model import Checkpoint, Run
from pages.runs import actions
from pages.runs.chart_options import listed
from pages.runs.charts import Board
from pages.widgets import errors, live
from pages.widgets.episode_video import episode_video
from pages.widgets.text import plain

MOST = 2  # side by side
OTHERS = 100  # runs whose best agents are offered to be laid beside
EVALUATED = 100  # episodes
PLAYING = 0.5  # seconds between two looks whether an episode has been played
HEIGHT = 190  # pixels of a chart beside a video


def chosen() -> list[str]:
    """Returns the names of the checkpoints that the URL asks for."""
    return list(listed("watch"))[:MOST]


def asked_evaluation(checkpoint: Checkpoint) -> Iterator[Played | None]:
    if checkpoint.name in st.session_state.get("evaluating", ()):
        yield rl.evaluate(checkpoint, EVALUATED)


def show(names: Sequence[str]) -> None:
    if names:
        st.query_params["watch"] = ",".join(names)
    else:
        st.query_params.pop("watch", None)


def seed() -> int:
    text = st.query_params.get("episode", "1")
    return int(text) if text.isdecimal() and len(text) < 9 else 1


def players(run: Run, board: Board) -> None:
    """Shows the chosen checkpoints playing, side by side."""
    names = chosen()
    if not names:
        return
    with st.container(border=True):
        _head(run, names)
        for column, name in zip(st.columns(len(names)), names, strict=True):
            with column:
                try:
                    _player(rl.checkpoint(*rl.parts(name)), board, is_alone=len(names) == 1)
                except UnknownRun as error:
                    st.info(plain(str(error)), icon=":material/search_off:")
                    st.button("Close", key=f"close/{name}", icon=":material/close:", on_click=_close, args=(name,))


def _head(run: Run, names: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Episode (seed)",
            min_value=0,
            max_value=10**8,
            value=seed(),
            step=1,
            key="episode_seed",
            width=160,
            on_change=_other_episode,
            help="Another seed, another beginning: all that play begin from the same.",
        )
        if len(names) < MOST and (others := _others(run, names)):
            st.selectbox(
                "Beside it",
                list(others),
                index=None,
                format_func=others.__getitem__,
                key=f"beside/{names[0]}",
                width=340,
                placeholder="another checkpoint, seed or run",
                on_change=_add,
                args=(f"beside/{names[0]}",),
            )


def _others(run: Run, names: Sequence[str]) -> dict[str, str]:
    """Returns what can be laid beside: this run's other checkpoints, and the best of other runs
    in the same environment."""
    mine = {each.name: _title(run, each) for each in rl.checkpoints(run.id) if each.name not in names}
    for other in api.runs(limit=OTHERS):
        if other.kind == "rl" and other.id != run.id and other.spec.get("environment") == run.spec.get("environment"):
            best = [each for each in rl.checkpoints(other.id) if each.is_best]
            mine |= {each.name: f"{other.name} · {_title(other, each)}" for each in best}
    return mine


def _title(run: Run, checkpoint: Checkpoint) -> str:
    score = "" if checkpoint.score is None else f" · {words.number(checkpoint.score)}"
    return (
        f"seed {run.trials[checkpoint.trial].seed} · iteration {checkpoint.iteration:,}"
        f"{score}{' ★' if checkpoint.is_best else ''}"
    )


def _other_episode() -> None:
    st.query_params["episode"] = str(st.session_state["episode_seed"])


def _add(key: str) -> None:
    if name := st.session_state[key]:
        show([*chosen(), name])


def _close(name: str) -> None:
    show([each for each in chosen() if each != name])


def _player(checkpoint: Checkpoint, board: Board, *, is_alone: bool) -> None:
    run = api.run(checkpoint.run_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(run.name)}** · {_title(run, checkpoint)}", width="stretch")
        st.button(
            "Close",
            key=f"close/{checkpoint.name}",
            icon=":material/close:",
            type="tertiary",
            on_click=_close,
            args=(checkpoint.name,),
        )
    played = rl.play(checkpoint, seed())
    if played is None:
        st.info("It plays; the video is drawn meanwhile.", icon=":material/hourglass_top:")
        live.again(PLAYING)
    elif played.error:
        _went_wrong(checkpoint, played)
    else:
        _episode(run, checkpoint, played, board, is_alone=is_alone)
    _steps(checkpoint)


def _went_wrong(checkpoint: Checkpoint, played: Played) -> None:
    st.error(plain(played.error), icon=":material/error:")
    with st.expander("Traceback"):
        st.code(played.traceback, language="python")
    st.button(
        "Try again",
        key=f"again/{checkpoint.name}",
        icon=":material/replay:",
        on_click=rl.forget,
        args=("episode", checkpoint, seed()),
    )


def _episode(run: Run, checkpoint: Checkpoint, played: Played, board: Board, *, is_alone: bool) -> None:
    record, ordinal = played.told, run.ordinal
    film, curves = st.columns([3, 2]) if is_alone else (st.container(), st.container())
    with film:
        if played.video:
            episode_video(played.video, checkpoint.name)
        else:
            st.info(plain(record["silent"]), icon=":material/videocam_off:")
        st.caption(
            f"Return {words.number(record['total'])} in {len(record['rewards']):,} env steps; {record['ended']}."
        )
    key = f"{checkpoint.run_id}_{checkpoint.trial}_{checkpoint.iteration}_{record['seed']}"
    with curves:
        _chart(board, f"returns_{key}", lambda: episodes.returns(record["rewards"], ordinal))
        _chart(board, f"actions_{key}", lambda: episodes.actions(record["actions"], ordinal))


def _chart(board: Board, key: str, make: Callable[[], Any]) -> None:
    episode_charts = st.session_state.setdefault("episode_charts", {})
    if key not in episode_charts:
        if len(episode_charts) > 4 * MOST:
            episode_charts.clear()
        episode_charts[key] = make()
    board.plot(key, zooms=False).show(episode_charts[key], HEIGHT)


def _steps(checkpoint: Checkpoint) -> None:
    """What can be done with a checkpoint."""
    with st.container(horizontal=True):
        st.button(
            "Continue training",
            key=f"continue/{checkpoint.name}",
            icon=":material/resume:",
            on_click=actions.go,
            args=("pages/kinds/rl/start.py",),
            kwargs={"continue": checkpoint.name},
            help="Opens the form of a new run that begins with what this checkpoint has learned.",
        )
        st.button(
            f"Evaluate {EVALUATED} episodes",
            key=f"evaluate/{checkpoint.name}",
            icon=":material/checklist:",
            on_click=_evaluate,
            args=(checkpoint,),
            help="Without exploring, on fresh seeds.",
        )
        st.download_button(
            "Download",
            data=lambda: rl.checkpoint_zip(checkpoint),
            file_name=f"{checkpoint.name.replace('/', '-')}.zip",
            mime="application/zip",
            key=f"download/{checkpoint.name}",
            icon=":material/download:",
            on_click="ignore",
        )
    for done in asked_evaluation(checkpoint):
        if done is None:
            st.caption(f"Plays {EVALUATED} episodes …")
            live.again(PLAYING)
        elif done.error:
            st.error(plain(done.error), icon=":material/error:")
        else:
            evaluation = done.told
            said = (
                f"Over {evaluation['episodes']} fresh episodes: mean {evaluation['mean']:.4g}, from"
                f" {evaluation['min']:.4g} to {evaluation['max']:.4g}, "
            )
            st.caption(f"{said}standard deviation {evaluation['deviation']:.3g}.")


def _evaluate(checkpoint: Checkpoint) -> None:
    with errors.kept():
        rl.evaluate(checkpoint, EVALUATED)
        st.session_state.setdefault("evaluating", set()).add(checkpoint.name)
