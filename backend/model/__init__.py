"""What everybody may import: frozen values, the states of things, and the moves from one to the next."""

from backend.model.aside import Aside, AsideCurve
from backend.model.curve import Curve, Floats
from backend.model.goals import Goal, Mode
from backend.model.run import ALIKE, EXTERNAL, MODES, Event, Run, goals_of
from backend.model.states import ACTIVE, FINISHED, MOVES, RunState, TaskState, TrialState
from backend.model.task import Failure, Task, TaskCounts
from backend.model.trial import Checkpoint, Trial

__all__ = [
    "ACTIVE",
    "ALIKE",
    "EXTERNAL",
    "FINISHED",
    "MODES",
    "MOVES",
    "Aside",
    "AsideCurve",
    "Checkpoint",
    "Curve",
    "Event",
    "Failure",
    "Floats",
    "Goal",
    "Mode",
    "Run",
    "RunState",
    "Task",
    "TaskCounts",
    "TaskState",
    "Trial",
    "TrialState",
    "goals_of",
]
