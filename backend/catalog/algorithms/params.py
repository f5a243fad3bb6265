"""What the settings of algorithms have in common: a model for each, from which forms, checks and defaults follow.

`json_schema_extra` carries what only a form needs: `group` is the card a field belongs to, and fields of the group
"more" are folded away.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

LearningRate = Annotated[float, Field(gt=0, le=1)]
Units = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0, le=1)]

GAMMA = (
    "Discount factor γ: how much a reward counts that comes one step later. "
    "0 looks only at the next reward; 0.99 looks about 100 steps ahead."
)
LEARNING_RATE = "Step size of the optimiser. Too large is unstable, too small is slow."
HIDDEN = "Units in each hidden layer of the network, from input to output."

MORE: JsonDict = {"group": "more"}
SAMPLING: JsonDict = {"group": "sampling"}


class Params(BaseModel):
    """Base of all algorithm settings: unknown names are errors, not silently dropped."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
