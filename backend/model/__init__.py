"""What everybody may import: frozen values, the states of things, and the moves from one to the next."""

from backend.model.curve import Curve, Floats
from backend.model.goals import Goal, Mode
from backend.model.run import EXTERNAL, MODES, SWEEP, Event, Run, Sweep
from backend.model.states import ACTIVE, FINISHED, MOVES, RunState, TaskState, TrialState
from backend.model.task import Failure, Task, TaskCounts
from backend.model.trial import Checkpoint, Trial

__all__ = [
    "ACTIVE",
    "EXTERNAL",
    "FINISHED",
    "MODES",
    "MOVES",
    "SWEEP",
    "Checkpoint",
    "Curve",
    "Event",
    "Failure",
    "Floats",
    "Goal",
    "Mode",
    "Run",
    "RunState",
    "Sweep",
    "Task",
    "TaskCounts",
    "TaskState",
    "Trial",
    "TrialState",
]
