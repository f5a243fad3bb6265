"""What the Compare page and the command line may ask: several runs at once."""

from collections.abc import Sequence

from backend.analysis import asking, groups
from backend.analysis.asking import Question, Url
from backend.analysis.groups import Group
from backend.api.house import house
from backend.errors import NotComparable, UnknownRun
from backend.model import Run
from backend.store import queries


def some(run_ids: Sequence[str]) -> list[Run]:
    """Returns those of the runs that there are, in the order asked for, in their true states."""
    house().launcher.reconcile()
    return queries.some_runs(house().database, list(dict.fromkeys(run_ids)))


def keys(runs: Sequence[Run]) -> dict[str, list[str]]:
    """Returns the metric keys that each run has recorded, by its id."""
    return queries.keys_by_run(house().database, [run.id for run in runs])


def asked(url: Url) -> tuple[list[Group], Question]:
    """Returns the groups of runs that the address of a comparison names, and what it asks of them.

    Raises:
        UnknownRun: one of the runs is not there.
        NotComparable: the runs are fewer than two groups, or nobody has said which values of the metric are better.
    """
    wanted = asking.listed(url, "runs")
    runs = some(wanted)
    if missing := set(wanted) - {run.id for run in runs}:
        raise UnknownRun(", ".join(sorted(missing)))
    run_groups = [group for group in groups.grouped(runs, asking.by(url, groups.offered(runs))) if group.members]
    if len(run_groups) < 2:
        raise NotComparable(
            "These are not two groups with seeds or trials: name other runs, or group them with by=SETTING."
        )
    question = asking.question(url, runs, run_groups, keys(runs))
    if not question.is_directed:
        raise NotComparable(f"Which values of “{question.key}” are better? Add better=max or better=min.")
    return run_groups, question
