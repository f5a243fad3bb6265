"""What a picture of a sweep needs before it says anything, and the sentence that says what is missing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial

WORDS = ("none", "one", "two", "three", "four", "five")


@dataclass(frozen=True, kw_only=True)
class PictureNeeds:
    """What there has to be before a picture says anything."""

    trials: int = 2  # that finished with a value
    over: int = 0  # that are over, however they ended
    params: int = 0  # that were searched
    varied: int = 0  # that took at least two values
    objectives: tuple[int, ...] = ()  # how many; empty for any number


def number(count: int) -> str:
    return WORDS[count] if count < len(WORDS) else str(count)


def lack(needs: PictureNeeds, study: "Study", objectives: int) -> str:
    """Returns a sentence about the first thing that is missing; empty if nothing is."""
    if needs.objectives and objectives not in needs.objectives:
        return f"Needs {' or '.join(map(number, needs.objectives))} objectives; this sweep has {number(objectives)}."
    for least, count, what in (
        (needs.trials, len(complete(study)), "finished trial"),
        (needs.over, len(study.get_trials(deepcopy=False)), "trial that is over"),
        (needs.params, len(searched(study)), "searched parameter"),
        (needs.varied, len(varied(study)) if needs.varied else 0, "parameter that took different values"),
    ):
        if count < least:
            return f"Needs {number(least)} {_plural(what) if least > 1 else what}; so far there {_are(count)}."
    return ""


def _are(count: int) -> str:
    return f"is {number(count)}" if count < 2 else f"are {number(count)}"


def _plural(what: str) -> str:
    first, _, rest = what.partition(" that ")
    return f"{first}s that {rest.replace('is ', 'are ')}" if rest else f"{first}s"


def complete(study: "Study") -> list["FrozenTrial"]:
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def searched(study: "Study") -> list[str]:
    return sorted({name for trial in complete(study) for name in trial.params})


def varied(study: "Study") -> list[str]:
    trials = complete(study)
    return [name for name in searched(study) if len({str(trial.params[name]) for trial in trials}) > 1]
