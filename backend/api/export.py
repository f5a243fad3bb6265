"""What pages, the command line and notebooks may take away of several runs: points, code, reports."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from backend import files
from backend.analysis import diff, groups
from backend.analysis.groups import Group
from backend.api.house import house
from backend.errors import InvalidSpec, UnknownRun
from backend.export import contents
from backend.export import points as export
from backend.export.contents import of_groups as groups_table  # noqa: F401
from backend.export.contents import reached as reached_table  # noqa: F401
from backend.export.contents import verdicts as verdicts_table  # noqa: F401
from backend.export.points import MIMES, Form
from backend.export.report import ComparisonReport, Drawing, ReportTable, Scripts, html
from backend.export.report import markdown as markdown
from backend.model import Run
from backend.settings import ROOT
from backend.store import queries
from backend.store.series import points as store

if TYPE_CHECKING:
    import pandas as pd


def rows(run_ids: Sequence[str], metrics: Sequence[str] | None = None) -> int:
    """Returns how many points some runs have recorded of some metrics, of all of them with None."""
    return sum(head.length for head in store.heads(house().database, list(dict.fromkeys(run_ids)), metrics))


def file_of_points(
    run_ids: Sequence[str], metrics: Sequence[str] | None, by: Sequence[str], form: str, *, aside: bool = False
) -> Iterator[bytes]:
    """Yields every point of some runs as a file, piece by piece; see `points` for its columns.

    Args:
        form: csv or parquet.
        aside: with what was set aside, too.

    Raises:
        InvalidSpec: there is no such format.
        UnknownRun: one of the runs is not there.
    """
    if form not in MIMES:
        raise InvalidSpec({"format": f"must be one of: {', '.join(MIMES)}"})
    own = _runs(run_ids)
    heads = store.heads(house().database, [run.id for run in own], metrics, aside=aside)
    chosen: Form = "csv" if form == "csv" else "parquet"
    whose = export.owners(groups.grouped(own, by))
    return export.written(store.batches(house().database, heads), heads, whose, chosen, aside=aside)


def points(
    run_ids: Sequence[str] | str,
    metrics: Sequence[str] | str | None = None,
    by: Sequence[str] = (),
    *,
    aside: bool = False,
) -> "pd.DataFrame":
    """Returns every point that some runs recorded, a row each: run, group, trial, seed, metric, step, time, value.

    Nothing is thinned. Times are seconds since the epoch; NaN stands where nothing finite was measured.

    Args:
        run_ids: one or several.
        metrics: keys, such as return_mean; all of them with None.
        by: settings, such as params.lr, by which runs fall into groups; without any those that differ in nothing but
            the seed.
        aside: with what resumed attempts repeated, too, and a column `aside`: the attempt that repeated the point,
            missing where it is of the trial's line.

    Raises:
        UnknownRun: one of the runs is not there.
    """
    own = _runs([run_ids] if isinstance(run_ids, str) else run_ids)
    keys = [metrics] if isinstance(metrics, str) else metrics
    heads = store.heads(house().database, [run.id for run in own], keys, aside=aside)
    whose = export.owners(groups.grouped(own, by))
    return export.frame(store.batches(house().database, heads), heads, whose, aside=aside)


def _runs(run_ids: Sequence[str]) -> list[Run]:
    wanted = list(dict.fromkeys(run_ids))
    runs = queries.some_runs(house().database, wanted)
    if missing := set(wanted) - {run.id for run in runs}:
        raise UnknownRun(", ".join(sorted(missing)))
    return runs


def code(run_id: str) -> str:
    """Returns the text of the user's own code as it was when the run was launched; empty where it runs none."""
    return queries.workload(house().database, run_id)


def report(
    runs: Sequence[Run],
    run_groups: Sequence[Group],
    tables: Sequence[ReportTable],
    charts: Sequence[Drawing],
    scripts: Scripts,
    *,
    link: str,
    pictures: Sequence[Drawing] = (),
) -> str:
    """Returns a comparison as an HTML page that needs neither the app nor the internet, with the note that was kept for
    it.

    Args:
        run_groups: the groups that the runs fall into.
        tables: what is said of them; see `groups_table` and `verdicts_table`.
        charts: what the view shows.
        link: the view's address.
        pictures: charts that follow the tables.
    """
    now = time.time()
    codes = {run.id: code(run.id) for run in runs if run.workload_hash}
    rows = diff.of_groups(run_groups) if len(run_groups) > 1 else diff.of_runs(runs)
    made = ComparisonReport(
        title=f"{len(runs)} run{'s' * (len(runs) != 1)} compared",
        made_at=now,
        link=link,
        charts=charts,
        tables=tables,
        pictures=pictures,
        columns=[group.label for group in run_groups] if len(run_groups) > 1 else [run.name for run in runs],
        settings=[row for row in rows if row.differs],
        runs=contents.of_runs(runs, codes, now),
        note=note([run.id for run in runs]),  # last: a click on the download leaves the field, which is kept only then
    )
    return html(made, scripts)


def figures(title: str, charts: Sequence[Drawing], scripts: Scripts, *, link: str) -> str:
    """Returns charts alone as such a page."""
    return html(ComparisonReport(title, time.time(), link, charts), scripts)


def note(run_ids: Sequence[str]) -> str:
    """Returns the note that was written for the report on some runs; empty if none was."""
    path = _draft(run_ids)
    return path.read_text(encoding="utf-8") if path.exists() else ""


def keep_note(run_ids: Sequence[str], text: str) -> None:
    """Keeps a note for the report on some runs, on this machine; none at all where it is empty."""
    path = _draft(run_ids)
    if not text.strip():
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace(path, text)


def _draft(run_ids: Sequence[str]) -> Path:
    name = hashlib.sha256("\n".join(sorted(run_ids)).encode()).hexdigest()[:24]
    return house().settings.drafts_folder / f"{name}.md"


def snippet(run_ids: Sequence[str], metrics: Sequence[str] | None, by: Sequence[str]) -> str:
    """Returns Python that loads the same points into pandas, wherever Raydeck is installed;
    of all metrics with None."""
    chosen = {name: list(value) for name, value in (("metrics", metrics or ()), ("by", by)) if value}
    arguments = ", ".join([repr(list(run_ids)), *(f"{name}={value!r}" for name, value in chosen.items())])
    return "\n".join(
        [
            *_elsewhere(),
            "import backend",
            "",
            f"points = backend.points({arguments})",
            "# a row for each point: " + ", ".join(export.COLUMNS),
            (
                'ends = points.sort_values("step").groupby(["metric", "group", "run", "trial"],'
                ' observed=True)["value"].last()'
            ),
            'print(ends.groupby(["metric", "group"], observed=True).agg(["count", "mean", "std"]))',
        ]
    )


def _elsewhere() -> list[str]:
    """Returns the lines without which a notebook would look into another home or database; a
    password is never among them."""
    settings = house().settings
    lines = [] if settings.home == ROOT / "data" else [f'os.environ["RAYDECK_HOME"] = {str(settings.home)!r}']
    if settings.db and make_url(settings.db).password is None:
        lines.append(f'os.environ["RAYDECK_DB"] = {settings.db!r}')
    elif settings.db:
        lines.append("# RAYDECK_DB must be in the environment, as it is for the app")
    return ["import os", "", *lines, ""] if lines else []
