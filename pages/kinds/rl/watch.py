"""Watch the agent: a checkpoint plays one episode, as a video with each step's reward and action; two side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from backend import api, words
from backend.api import rl
from backend.api.rl import Played
from backend.errors import UnknownRun
from backend.figures import episodes
from backend.model import Checkpoint, Run
from backend.model.stored import stored
from pages.runs import actions
from pages.runs.chart_options import listed
from pages.runs.charts import Board
from pages.widgets import errors
from pages.widgets.episode_video import episode_video
from pages.widgets.text import plain

MOST = 2  # side by side
OTHERS = 100  # runs whose best agents are offered to be laid beside
X = {"step": "env_steps", "iteration": "iteration", "time_s": "time_s"}
EVALUATED = 100  # episodes
HEIGHT = 190  # pixels of a chart beside a video
FORMATS: dict[str, Any] = {"iteration": "localized", "env steps": "localized", "size": "bytes"}  # of columns of numbers


def chosen() -> list[str]:
    """Returns the names of the checkpoints that the URL asks for."""
    return list(listed("watch"))[:MOST]


def is_pending() -> bool:
    """Returns whether something is being played, so that the page has to look again."""
    return any(each is None for kept in _found() for each in (rl.play(kept, _seed()), *_asked_evaluation(kept)))


def _asked_evaluation(kept: Checkpoint) -> Iterator[Played | None]:
    if kept.name in st.session_state.get("evaluating", ()):
        yield rl.evaluate(kept, EVALUATED)


def tab(run: Run, board: Board) -> None:
    """The checkpoints a run keeps; a click on one or two rows plays them."""
    kept = sorted(rl.checkpoints(run.id), key=lambda each: not each.is_best)  # the best of each seed first
    if not kept:
        every = int(stored(run.spec).part("checkpoints").number("every") or 0)
        st.caption(f"No checkpoint is kept yet: the first comes with iteration {every}." if every and not run.is_over else "None is kept.")
        return
    st.caption("Choose a row to watch that agent play, two to lay them side by side. A click on the reward curve does the same.")
    _warm(run)
    by_hand = rl.evaluations(run.id)
    rows = pd.DataFrame([_row(run, each, by_hand.get((each.trial, each.iteration), {})) for each in kept])
    st.session_state["watch_rows"] = [each.name for each in kept]
    st.dataframe(
        rows.dropna(axis="columns", how="all"), hide_index=True, width="stretch", key="checkpoints",
        selection_mode="multi-row", on_select=_select, placeholder="–",
        column_config={name: st.column_config.NumberColumn(name, format=shown) for name, shown in FORMATS.items()},
    )  # fmt: skip
    players(run, board)


def _warm(run: Run) -> None:
    """Once for each run that is opened: a click then need not wait until a helper has imported what it needs."""
    warmed = st.session_state.setdefault("warmed", set())
    if run.id not in warmed:
        warmed.add(run.id)
        if rl.checkpoints(run.id):
            rl.warm_soon(run)


def _row(run: Run, kept: Checkpoint, by_hand: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "seed": run.trials[kept.trial].seed,
        "iteration": kept.iteration,
        "env steps": kept.metrics.get("env_steps"),
        "evaluation": kept.metrics.get("eval/return_mean"),
        "reward in training": kept.metrics.get("return_mean"),
        "best": "★" if kept.is_best else "",
        "by hand": f"{by_hand['mean']:.4g} over {by_hand['episodes']} episodes" if by_hand else None,
        "size": kept.bytes,
    }


def _select() -> None:
    rows = st.session_state["checkpoints"]["selection"]["rows"]
    names = st.session_state["watch_rows"]
    _watch([names[row] for row in rows if row < len(names)][-MOST:])


def _watch(names: Sequence[str]) -> None:
    if names:
        st.query_params["watch"] = ",".join(names)
    else:
        st.query_params.pop("watch", None)


def picker(run: Run, axis: str) -> Callable[[Mapping[str, Any]], None]:
    """Returns what a click on the reward curve does: the nearest checkpoint plays, of the seed whose line was hit."""

    if run.is_over:  # while it trains its own work comes first
        _warm(run)

    def picked(where: Mapping[str, Any]) -> None:
        kept = rl.checkpoints(run.id)
        numbers = {f"seed {trial.seed}": trial.number for trial in run.trials}
        mine = [each for each in kept if each.trial == numbers.get(str(where.get("name")), each.trial)] or kept
        if mine:
            _watch([min(mine, key=lambda each: abs(_x(run, each, axis) - float(where["x"]))).name])

    return picked


def _x(run: Run, kept: Checkpoint, axis: str) -> float:
    if axis == "time":
        return kept.at - (run.started_at or run.created_at)
    return float(kept.iteration if axis == "iteration" else kept.metrics.get(X.get(axis, axis)) or 0)


def _found() -> list[Checkpoint]:
    """Returns the chosen checkpoints that there are."""
    found = []
    for name in chosen():
        try:
            found.append(rl.checkpoint(*rl.parts(name)))
        except UnknownRun:
            continue
    return found


def _seed() -> int:
    asked = st.query_params.get("episode", "1")
    return int(asked) if asked.isdecimal() and len(asked) < 9 else 1


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
            "Episode (seed)", min_value=0, max_value=10**8, value=_seed(), step=1, key="episode_seed", width=160, on_change=_other_episode,
            help="Another seed, another beginning: all that play begin from the same.",
        )  # fmt: skip
        if len(names) < MOST and (others := _others(run, names)):
            st.selectbox(
                "Beside it", list(others), index=None, format_func=others.__getitem__, key=f"beside/{names[0]}", width=340,
                placeholder="another checkpoint, seed or run", on_change=_add, args=(f"beside/{names[0]}",),
            )  # fmt: skip


def _others(run: Run, names: Sequence[str]) -> dict[str, str]:
    """Returns what can be laid beside: this run's other checkpoints, and the best of other runs in the same environment."""
    mine = {each.name: _title(run, each) for each in rl.checkpoints(run.id) if each.name not in names}
    for other in api.runs(limit=OTHERS):
        if other.kind == "rl" and other.id != run.id and other.spec.get("environment") == run.spec.get("environment"):
            best = [each for each in rl.checkpoints(other.id) if each.is_best]
            mine |= {each.name: f"{other.name} · {_title(other, each)}" for each in best}
    return mine


def _title(run: Run, kept: Checkpoint) -> str:
    score = "" if kept.score is None else f" · {words.number(kept.score)}"
    return f"seed {run.trials[kept.trial].seed} · iteration {kept.iteration:,}{score}{' ★' if kept.is_best else ''}"


def _other_episode() -> None:
    st.query_params["episode"] = str(st.session_state["episode_seed"])


def _add(key: str) -> None:
    if name := st.session_state[key]:
        _watch([*chosen(), name])


def _close(name: str) -> None:
    _watch([each for each in chosen() if each != name])


def _player(kept: Checkpoint, board: Board, *, is_alone: bool) -> None:
    run = api.run(kept.run_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(run.name)}** · {_title(run, kept)}", width="stretch")
        st.button("Close", key=f"close/{kept.name}", icon=":material/close:", type="tertiary", on_click=_close, args=(kept.name,))
    played = rl.play(kept, _seed())
    if played is None:
        st.info("It plays; the video is drawn meanwhile.", icon=":material/hourglass_top:")
    elif played.error:
        _went_wrong(kept, played)
    else:
        _episode(run, kept, played, board, is_alone=is_alone)
    _steps(kept)


def _went_wrong(kept: Checkpoint, played: Played) -> None:
    st.error(plain(played.error), icon=":material/error:")
    with st.expander("Traceback"):
        st.code(played.traceback, language="python")
    st.button("Try again", key=f"again/{kept.name}", icon=":material/replay:", on_click=rl.forget, args=("episode", kept, _seed()))


def _episode(run: Run, kept: Checkpoint, played: Played, board: Board, *, is_alone: bool) -> None:
    told, ordinal = played.told, run.ordinal
    film, curves = st.columns([3, 2]) if is_alone else (st.container(), st.container())
    with film:
        if played.video:
            episode_video(played.video, kept.name)
        else:
            st.info(plain(told["silent"]), icon=":material/videocam_off:")
        st.caption(f"Return {words.number(told['total'])} in {len(told['rewards']):,} env steps; {told['ended']}.")
    key = f"{kept.run_id}_{kept.trial}_{kept.iteration}_{told['seed']}"
    with curves:
        _chart(board, f"returns_{key}", lambda: episodes.returns(told["rewards"], ordinal))
        _chart(board, f"actions_{key}", lambda: episodes.actions(told["actions"], ordinal))


def _chart(board: Board, key: str, make: Callable[[], Any]) -> None:
    known = st.session_state.setdefault("episode_charts", {})
    if key not in known:
        if len(known) > 4 * MOST:
            known.clear()
        known[key] = make()
    board.plot(key, zooms=False).show(known[key], HEIGHT)


def _steps(kept: Checkpoint) -> None:
    """What can be done with a checkpoint."""
    with st.container(horizontal=True):
        st.button(
            "Continue training", key=f"continue/{kept.name}", icon=":material/resume:", on_click=actions.go,
            args=("pages/kinds/rl/start.py",), kwargs={"continue": kept.name},
            help="Opens the form of a new run that begins with what this checkpoint has learned.",
        )  # fmt: skip
        st.button(
            f"Evaluate {EVALUATED} episodes", key=f"evaluate/{kept.name}", icon=":material/checklist:", on_click=_evaluate, args=(kept,),
            help="Without exploring, on fresh seeds.",
        )  # fmt: skip
        st.download_button(
            "Download", data=lambda: rl.checkpoint_zip(kept), file_name=f"{kept.name.replace('/', '-')}.zip", mime="application/zip",
            key=f"download/{kept.name}", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    for done in _asked_evaluation(kept):
        if done is None:
            st.caption(f"Plays {EVALUATED} episodes …")
        elif done.error:
            st.error(plain(done.error), icon=":material/error:")
        else:
            told = done.told
            said = f"Over {told['episodes']} fresh episodes: mean {told['mean']:.4g}, from {told['min']:.4g} to {told['max']:.4g}, "
            st.caption(f"{said}standard deviation {told['deviation']:.3g}.")


def _evaluate(kept: Checkpoint) -> None:
    with errors.kept():
        rl.evaluate(kept, EVALUATED)
        st.session_state.setdefault("evaluating", set()).add(kept.name)
