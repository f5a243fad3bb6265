"""The settings of each algorithm: one model each, from which forms, checks and defaults follow.

`json_schema_extra` carries what only a form needs: `group` is the card a field belongs to, and fields of the group
"more" are folded away.
"""

from typing import Annotated, Literal

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


class TabularParams(Params):
    alpha: LearningRate = Field(
        0.1, title="Learning rate α", description="How far each estimate moves towards the newest experience, 0 to 1."
    )
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    exploration: Literal["epsilon_greedy", "softmax"] = Field(
        "epsilon_greedy", title="Exploration",
        description="ε-greedy: with probability ε act at random, else the best known action. "
        "Softmax (Boltzmann): the better an action seems, the likelier it is; the temperature says how much.",
    )  # fmt: skip
    epsilon: Probability = Field(1.0, title="First ε", description="Exploration at the start: the share of actions chosen at random.")
    epsilon_decay: Literal["constant", "linear", "exponential"] = Field(
        "linear",
        title="Decay",
        description="How exploration falls: not at all, along a line over the first 80 % of the run, or by a constant factor.",
    )
    epsilon_min: Probability = Field(0.01, title="Last ε", description="Exploration that always remains.")
    temperature: float = Field(
        1.0, gt=0, title="First temperature", json_schema_extra=MORE,
        description="Of the softmax at the start: differences between values that are far below it hardly count.",
    )  # fmt: skip
    temperature_min: float = Field(
        0.05, gt=0, title="Last temperature", json_schema_extra=MORE, description="Of the softmax at the end of the decay."
    )


class PPOParams(Params):
    lr: LearningRate = Field(3e-4, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    train_batch_size: int = Field(
        2000, ge=32, title="Batch (env steps)", description="Env steps collected between two updates; one iteration."
    )
    lambda_: Probability = Field(
        0.95, title="GAE λ", description="Trades bias against variance in the advantage estimate.", json_schema_extra=MORE
    )
    clip_param: float = Field(0.2, gt=0, title="Clip range", description="How far one update may move the policy.", json_schema_extra=MORE)
    num_epochs: int = Field(20, ge=1, title="Epochs", description="Passes over each batch.", json_schema_extra=MORE)
    minibatch_size: int = Field(128, ge=1, title="Minibatch", description="Samples in one gradient step.", json_schema_extra=MORE)
    entropy_coeff: float = Field(
        0.0, ge=0, title="Entropy bonus", description="Rewards an undecided policy, for more exploration.", json_schema_extra=MORE
    )
    vf_loss_coeff: float = Field(
        0.5, ge=0, title="Value loss weight", description="Weight of the critic's loss in the sum.", json_schema_extra=MORE
    )
    grad_clip: float = Field(0.5, gt=0, title="Gradient clip", description="Largest norm of a gradient step.", json_schema_extra=MORE)
    hidden: list[Units] = Field([64, 64], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE)
    num_env_runners: int = Field(
        0, ge=0, title="Env runners", json_schema_extra=SAMPLING,
        description="Processes that step environments, one CPU each. 0: the learner steps them itself, quickest for small ones.",
    )  # fmt: skip
    num_envs_per_env_runner: int = Field(
        8, ge=1, title="Envs per runner", description="Environments stepped side by side.", json_schema_extra=SAMPLING
    )


class DQNParams(Params):
    lr: LearningRate = Field(1e-3, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    buffer_size: int = Field(50_000, ge=100, title="Replay buffer", description="How many past steps are kept to learn from again.")
    epsilon_steps: int = Field(
        10_000, ge=1, title="Exploration (env steps)", description="ε falls from 1 to its last value over this many env steps."
    )
    epsilon_min: Probability = Field(
        0.02, title="Last ε", description="Share of random actions that always remains.", json_schema_extra=MORE
    )
    learning_starts: int = Field(
        1000, ge=0, title="Learning starts", description="Env steps collected before the first update.", json_schema_extra=MORE
    )
    train_batch_size: int = Field(
        64, ge=1, title="Batch (samples)", description="Samples drawn from the buffer for one update.", json_schema_extra=MORE
    )
    training_intensity: float = Field(
        8.0, gt=0, title="Training intensity", json_schema_extra=MORE,
        description="Samples trained for each env step collected; batch size ÷ intensity is the env steps between updates.",
    )  # fmt: skip
    target_update: int = Field(
        500, ge=1, title="Target update (env steps)", description="How often the target network is copied.", json_schema_extra=MORE
    )
    double_q: bool = Field(
        True, title="Double Q", description="Counters the overestimation of values (van Hasselt 2015).", json_schema_extra=MORE
    )
    dueling: bool = Field(
        True, title="Dueling", description="Splits value and advantage in the network (Wang 2015).", json_schema_extra=MORE
    )
    n_step: int = Field(3, ge=1, title="n-step", description="Rewards summed before bootstrapping.", json_schema_extra=MORE)
    hidden: list[Units] = Field([64, 64], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE)
    num_envs_per_env_runner: int = Field(
        4, ge=1, title="Envs per runner", description="Environments stepped side by side.", json_schema_extra=SAMPLING
    )
