"""The best mean return that any policy reaches, where an environment says what it is made of.

Gymnasium's toy environments hold their whole model: P[state][action] is a list of (probability, next state, reward,
terminated). Backward induction over the steps of an episode (Bellman 1957; Puterman 1994, section 4.5) gives the value
of each state with so many steps to go, of an optimal policy that may count its steps.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_TRANSITIONS = 1_000_000  # of the model; a larger one would keep a run waiting
MOST_WORK = 500_000_000  # transitions times steps


def mean_return(env: Any, max_steps: int) -> float | None:
    """Returns the mean undiscounted return of an optimal policy over the first states of episodes, which end after
    `max_steps` env steps at the latest; None where the environment has no model, or too large a one."""
    model, begins = getattr(env, "P", None), getattr(env, "initial_state_distrib", None)
    if not isinstance(model, dict) or begins is None:
        return None
    try:
        rows = [
            (state, action, *transition)
            for state, actions in model.items()
            for action, transitions in actions.items()
            for transition in transitions
        ]
        return _induced(np.array(rows, float), np.asarray(begins, float), max_steps)
    except (AttributeError, IndexError, TypeError, ValueError):  # something else of that name
        return None


def _induced(rows: NDArray[Any], begins: NDArray[Any], max_steps: int) -> float | None:
    """`rows` are state, action, probability, next state, reward, terminated; `begins` the probability of each state."""
    if not 0 < len(rows) <= MOST_TRANSITIONS or len(rows) * max_steps > MOST_WORK:
        return None
    states, actions, after = (rows[:, column].astype(int) for column in (0, 1, 3))
    probability, reward, goes_on = rows[:, 2], rows[:, 4], 1.0 - rows[:, 5]
    shape = len(begins), int(actions.max()) + 1
    pairs = states * shape[1] + actions
    exists = np.zeros(shape[0] * shape[1], bool)
    exists[pairs] = True
    values = np.zeros(shape[0])
    for _ in range(max_steps):
        gained = np.bincount(pairs, probability * (reward + goes_on * values[after]), minlength=len(exists))
        newer = np.where(exists, gained, -np.inf).reshape(shape).max(axis=1)
        values = np.where(np.isfinite(newer), newer, 0.0)
    return float(begins @ values)
