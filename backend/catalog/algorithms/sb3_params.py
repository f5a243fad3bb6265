"""What algorithms of Stable-Baselines3 can be told: their parameters, with the words of a form."""

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

ENVS = (
    "Environments stepped side by side, in the trial's own process. More of them is quicker and mixes what an update"
    " sees."
)


class _OnPolicy(Params):
    """What PPO and A2C have in common."""

    learning_rate: LearningRate = Field(3e-4, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    n_steps: int = Field(
        256,
        ge=2,
        title="Rollout (env steps)",
        description="Steps in each environment between two updates; a rollout is that × environments.",
    )
    gae_lambda: Probability = Field(
        0.95,
        title="GAE λ",
        description="Trades bias against variance in the advantage estimate; 1 is the plain return.",
        json_schema_extra=MORE,
    )
    ent_coef: float = Field(
        0.0,
        ge=0,
        title="Entropy bonus",
        description="Rewards an undecided policy, for more exploration.",
        json_schema_extra=MORE,
    )
    vf_coef: float = Field(
        0.5,
        ge=0,
        title="Value loss weight",
        description="Weight of the critic's loss in the sum.",
        json_schema_extra=MORE,
    )
    max_grad_norm: float = Field(
        0.5, gt=0, title="Gradient clip", description="Largest norm of a gradient step.", json_schema_extra=MORE
    )
    hidden: list[Units] = Field(
        [64, 64], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE
    )
    n_envs: int = Field(8, ge=1, le=256, title="Environments", description=ENVS, json_schema_extra=SAMPLING)


class SB3PPOParams(_OnPolicy):
    batch_size: int = Field(
        64, ge=2, title="Minibatch", description="Samples in one gradient step; best a divisor of the rollout."
    )
    n_epochs: int = Field(10, ge=1, title="Epochs", description="Passes over each rollout.", json_schema_extra=MORE)
    clip_range: float = Field(
        0.2, gt=0, title="Clip range", description="How far one update may move the policy.", json_schema_extra=MORE
    )


class SB3A2CParams(_OnPolicy):
    learning_rate: LearningRate = Field(7e-4, title="Learning rate", description=LEARNING_RATE)
    n_steps: int = Field(
        5,
        ge=2,
        title="Rollout (env steps)",
        description="Steps in each environment between two updates; a rollout is that × environments.",
    )
    gae_lambda: Probability = Field(
        1.0,
        title="GAE λ",
        description="Trades bias against variance in the advantage estimate; 1 is the plain return.",
        json_schema_extra=MORE,
    )
    normalize_advantage: bool = Field(
        False,
        title="Normalise advantages",
        json_schema_extra=MORE,
        description="Shifts and scales the advantages of a rollout to mean 0 and variance 1.",
    )
    use_rms_prop: bool = Field(
        True, title="RMSprop", description="The optimiser of the original paper; Adam if not.", json_schema_extra=MORE
    )


class _OffPolicy(Params):
    """What the algorithms with a replay buffer have in common."""

    learning_rate: LearningRate = Field(1e-3, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    buffer_size: int = Field(
        100_000, ge=100, title="Replay buffer", description="How many past steps are kept to learn from again."
    )
    learning_starts: int = Field(
        1000,
        ge=0,
        title="Learning starts",
        description="Env steps of random actions before the first update.",
        json_schema_extra=MORE,
    )
    batch_size: int = Field(
        256,
        ge=1,
        title="Batch (samples)",
        description="Samples drawn from the buffer for one gradient step.",
        json_schema_extra=MORE,
    )
    train_freq: int = Field(
        1,
        ge=1,
        title="Update every (steps)",
        description="Steps in each environment between two updates.",
        json_schema_extra=MORE,
    )
    gradient_steps: int = Field(
        1,
        ge=1,
        title="Gradient steps",
        description="Gradient steps in one update, each with a batch of its own.",
        json_schema_extra=MORE,
    )
    tau: float = Field(
        0.005,
        gt=0,
        le=1,
        title="Target update τ",
        json_schema_extra=MORE,
        description="How far the target network moves towards the network at each update; 1 is a copy.",
    )
    hidden: list[Units] = Field(
        [256, 256], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE
    )
    n_envs: int = Field(1, ge=1, le=256, title="Environments", description=ENVS, json_schema_extra=SAMPLING)


class SB3DQNParams(_OffPolicy):
    epsilon_steps: int = Field(
        10_000,
        ge=1,
        title="Exploration (env steps)",
        description="ε falls from 1 to its last value over this many env steps.",
    )
    exploration_final_eps: Probability = Field(
        0.05, title="Last ε", description="Share of random actions that always remains.", json_schema_extra=MORE
    )
    batch_size: int = Field(
        64,
        ge=1,
        title="Batch (samples)",
        description="Samples drawn from the buffer for one gradient step.",
        json_schema_extra=MORE,
    )
    train_freq: int = Field(
        4,
        ge=1,
        title="Update every (steps)",
        description="Steps in each environment between two updates.",
        json_schema_extra=MORE,
    )
    tau: float = Field(
        1.0,
        gt=0,
        le=1,
        title="Target update τ",
        json_schema_extra=MORE,
        description="How far the target network moves towards the network each time; 1 is a copy.",
    )
    target_update_interval: int = Field(
        500,
        ge=1,
        title="Target update (env steps)",
        description="How often the target network follows.",
        json_schema_extra=MORE,
    )
    max_grad_norm: float = Field(
        10.0, gt=0, title="Gradient clip", description="Largest norm of a gradient step.", json_schema_extra=MORE
    )


class SB3SACParams(_OffPolicy):
    learning_rate: LearningRate = Field(3e-4, title="Learning rate", description=LEARNING_RATE)
    ent_coef: float = Field(
        0.0,
        ge=0,
        title="Entropy weight α",
        json_schema_extra=MORE,
        description="How much an undecided policy counts beside the reward. 0: it is learned as training goes on.",
    )


class SB3DDPGParams(_OffPolicy):
    noise_sigma: float = Field(
        0.1,
        ge=0,
        title="Exploration noise σ",
        description="Standard deviation of the normal noise on each action, where the action's range is −1 to 1.",
    )


class SB3TD3Params(SB3DDPGParams):
    policy_delay: int = Field(
        2,
        ge=1,
        title="Policy delay",
        description="The policy is updated once in so many updates of the critics.",
        json_schema_extra=MORE,
    )
    target_policy_noise: float = Field(
        0.2,
        ge=0,
        title="Target noise σ",
        description="Noise on the target's action, which smooths the critics.",
        json_schema_extra=MORE,
    )
    target_noise_clip: float = Field(
        0.5,
        ge=0,
        title="Target noise clip",
        description="The target's noise is cut at this size.",
        json_schema_extra=MORE,
    )
