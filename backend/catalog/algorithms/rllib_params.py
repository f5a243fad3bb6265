"""What algorithms of RLlib can be told: their parameters, with the words of a form."""

from typing import Annotated

from pydantic import Field

from backend.catalog.algorithms.params import (
    GAMMA,
    HIDDEN,
    LEARNING_RATE,
    MORE,
    SAMPLING,
    LearningRate,
    Params,
    Probability,
    Units,
)

Learners = Annotated[
    int,
    Field(
        ge=0,
        title="Learners",
        json_schema_extra=SAMPLING,
        description=(
            "Processes that compute gradients, one CPU each, each on its share of a batch. 0: the trial's own process"
            " does."
        ),
    ),
]


LearnerGpus = Annotated[
    float,
    Field(
        ge=0,
        le=8,
        title="GPUs per learner",
        description="What each learner reserves, if the cluster has any.",
        json_schema_extra=SAMPLING,
    ),
]


class PPOParams(Params):
    lr: LearningRate = Field(3e-4, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    train_batch_size: int = Field(
        2000, ge=32, title="Batch (env steps)", description="Env steps collected between two updates; one iteration."
    )
    lambda_: Probability = Field(
        0.95,
        title="GAE λ",
        description="Trades bias against variance in the advantage estimate.",
        json_schema_extra=MORE,
    )
    clip_param: float = Field(
        0.2, gt=0, title="Clip range", description="How far one update may move the policy.", json_schema_extra=MORE
    )
    num_epochs: int = Field(20, ge=1, title="Epochs", description="Passes over each batch.", json_schema_extra=MORE)
    minibatch_size: int = Field(
        128, ge=1, title="Minibatch", description="Samples in one gradient step.", json_schema_extra=MORE
    )
    entropy_coeff: float = Field(
        0.0,
        ge=0,
        title="Entropy bonus",
        description="Rewards an undecided policy, for more exploration.",
        json_schema_extra=MORE,
    )
    vf_loss_coeff: float = Field(
        0.5,
        ge=0,
        title="Value loss weight",
        description="Weight of the critic's loss in the sum.",
        json_schema_extra=MORE,
    )
    grad_clip: float = Field(
        0.5, gt=0, title="Gradient clip", description="Largest norm of a gradient step.", json_schema_extra=MORE
    )
    hidden: list[Units] = Field(
        [64, 64], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE
    )
    num_env_runners: int = Field(
        0,
        ge=0,
        title="Env runners",
        json_schema_extra=SAMPLING,
        description=(
            "Processes that step environments, one CPU each. 0: the learner steps them itself, quickest for small ones."
        ),
    )
    num_envs_per_env_runner: int = Field(
        8, ge=1, title="Envs per runner", description="Environments stepped side by side.", json_schema_extra=SAMPLING
    )
    num_learners: Learners = 0
    num_gpus_per_learner: LearnerGpus = 0.0


class DQNParams(Params):
    lr: LearningRate = Field(1e-3, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    buffer_size: int = Field(
        50_000, ge=100, title="Replay buffer", description="How many past steps are kept to learn from again."
    )
    epsilon_steps: int = Field(
        6000,
        ge=1,
        title="Exploration (env steps)",
        description="ε falls from 1 to its last value over this many env steps.",
    )
    epsilon_min: Probability = Field(
        0.04, title="Last ε", description="Share of random actions that always remains.", json_schema_extra=MORE
    )
    learning_starts: int = Field(
        1000,
        ge=0,
        title="Learning starts",
        description="Env steps collected before the first update.",
        json_schema_extra=MORE,
    )
    train_batch_size: int = Field(
        32,
        ge=1,
        title="Batch (samples)",
        description="Samples drawn from the buffer for one update.",
        json_schema_extra=MORE,
    )
    training_intensity: float = Field(
        16.0,
        gt=0,
        title="Training intensity",
        json_schema_extra=MORE,
        description=(
            "Samples trained for each env step collected; batch size ÷ intensity is the env steps between updates."
        ),
    )
    target_update: int = Field(
        250,
        ge=1,
        title="Target update (env steps)",
        description="How often the target network is copied.",
        json_schema_extra=MORE,
    )
    double_q: bool = Field(
        True,
        title="Double Q",
        description="Counters the overestimation of values (van Hasselt 2015).",
        json_schema_extra=MORE,
    )
    dueling: bool = Field(
        True,
        title="Dueling",
        description="Splits value and advantage in the network (Wang 2015).",
        json_schema_extra=MORE,
    )
    prioritized: bool = Field(
        False,
        title="Prioritised replay",
        json_schema_extra=MORE,
        description="Draws surprising steps more often (Schaul 2016). Slower for each update.",
    )
    n_step: int = Field(
        3, ge=1, title="n-step", description="Rewards summed before bootstrapping.", json_schema_extra=MORE
    )
    hidden: list[Units] = Field(
        [128, 128], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE
    )
    num_envs_per_env_runner: int = Field(
        4, ge=1, title="Envs per runner", description="Environments stepped side by side.", json_schema_extra=SAMPLING
    )


class SACParams(Params):
    actor_lr: LearningRate = Field(3e-4, title="Learning rate, policy", description=LEARNING_RATE)
    critic_lr: LearningRate = Field(1e-3, title="Learning rate, critics", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    alpha_lr: LearningRate = Field(
        3e-4,
        title="Learning rate, temperature",
        description="Step size of the entropy's weight.",
        json_schema_extra=MORE,
    )
    tau: Probability = Field(
        0.005,
        title="Target τ",
        description="How far the target critics follow the critics at each update.",
        json_schema_extra=MORE,
    )
    buffer_size: int = Field(
        50_000,
        ge=100,
        title="Replay buffer",
        description="How many past steps are kept to learn from again.",
        json_schema_extra=MORE,
    )
    learning_starts: int = Field(
        500,
        ge=0,
        title="Learning starts",
        description="Env steps collected before the first update.",
        json_schema_extra=MORE,
    )
    train_batch_size: int = Field(
        128,
        ge=1,
        title="Batch (samples)",
        description="Samples drawn from the buffer for one update.",
        json_schema_extra=MORE,
    )
    training_intensity: float = Field(
        128.0,
        gt=0,
        title="Training intensity",
        json_schema_extra=MORE,
        description=(
            "Samples trained for each env step collected; batch size ÷ intensity is the env steps between updates."
        ),
    )
    n_step: int = Field(
        1, ge=1, title="n-step", description="Rewards summed before bootstrapping.", json_schema_extra=MORE
    )
    hidden: list[Units] = Field(
        [64, 64], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE
    )
    num_envs_per_env_runner: int = Field(
        1, ge=1, title="Envs per runner", description="Environments stepped side by side.", json_schema_extra=SAMPLING
    )


class IMPALAParams(Params):
    lr: LearningRate = Field(1e-3, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    train_batch_size: int = Field(256, ge=32, title="Batch (env steps)", description="Env steps in one update.")
    rollout_fragment_length: int = Field(
        32,
        ge=1,
        title="Fragment (env steps)",
        description="Env steps of each environment that a runner hands over at a time.",
        json_schema_extra=MORE,
    )
    entropy_coeff: float = Field(
        0.005,
        ge=0,
        title="Entropy bonus",
        description="Rewards an undecided policy, for more exploration.",
        json_schema_extra=MORE,
    )
    vf_loss_coeff: float = Field(
        0.25,
        ge=0,
        title="Value loss weight",
        description="Weight of the critic's loss in the sum.",
        json_schema_extra=MORE,
    )
    grad_clip: float = Field(
        20.0, gt=0, title="Gradient clip", description="Largest norm of a gradient step.", json_schema_extra=MORE
    )
    hidden: list[Units] = Field(
        [64, 64], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE
    )
    num_env_runners: int = Field(
        1,
        ge=1,
        title="Env runners",
        json_schema_extra=SAMPLING,
        description="Processes that step environments, one CPU each.",
    )
    num_envs_per_env_runner: int = Field(
        8, ge=1, title="Envs per runner", description="Environments stepped side by side.", json_schema_extra=SAMPLING
    )
    num_learners: Learners = 0
    num_gpus_per_learner: LearnerGpus = 0.0


class APPOParams(IMPALAParams):
    clip_param: float = Field(
        0.3, gt=0, title="Clip range", description="How far one update may move the policy.", json_schema_extra=MORE
    )
    num_epochs: int = Field(
        4, ge=1, title="Epochs", description="How often each batch is learned from.", json_schema_extra=MORE
    )
    train_batch_size: int = Field(512, ge=32, title="Batch (env steps)", description="Env steps in one update.")
