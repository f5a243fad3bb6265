"""Algorithms of Stable-Baselines3. Settings have the names of its constructors, so that what is known of them holds here."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from backend.catalog.algorithms.base import Algorithm, Tuned
from backend.catalog.algorithms.params import GAMMA, HIDDEN, LEARNING_RATE, MORE, SAMPLING, LearningRate, Params, Probability, Units
from backend.catalog.environments import Space

CODE = "backend.workloads.sb3:train"
WRAPPERS = frozenset({"time_limit", "frame_stack", "normalize_observation", "normalize_reward"})
ENVS = "Environments stepped side by side, in the trial's own process. More of them is quicker and mixes what an update sees."
PENDULUM: Mapping[str, Any] = {"learning_rate": 1e-3, "gamma": 0.98, "hidden": [64, 64], "learning_starts": 1000}


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
        0.95, title="GAE λ", description="Trades bias against variance in the advantage estimate; 1 is the plain return.",
        json_schema_extra=MORE,
    )  # fmt: skip
    ent_coef: float = Field(
        0.0, ge=0, title="Entropy bonus", description="Rewards an undecided policy, for more exploration.", json_schema_extra=MORE
    )
    vf_coef: float = Field(
        0.5, ge=0, title="Value loss weight", description="Weight of the critic's loss in the sum.", json_schema_extra=MORE
    )
    max_grad_norm: float = Field(0.5, gt=0, title="Gradient clip", description="Largest norm of a gradient step.", json_schema_extra=MORE)
    hidden: list[Units] = Field([64, 64], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE)
    n_envs: int = Field(8, ge=1, le=256, title="Environments", description=ENVS, json_schema_extra=SAMPLING)


class SB3PPOParams(_OnPolicy):
    batch_size: int = Field(64, ge=2, title="Minibatch", description="Samples in one gradient step; best a divisor of the rollout.")
    n_epochs: int = Field(10, ge=1, title="Epochs", description="Passes over each rollout.", json_schema_extra=MORE)
    clip_range: float = Field(0.2, gt=0, title="Clip range", description="How far one update may move the policy.", json_schema_extra=MORE)


class SB3A2CParams(_OnPolicy):
    learning_rate: LearningRate = Field(7e-4, title="Learning rate", description=LEARNING_RATE)
    n_steps: int = Field(
        5, ge=2, title="Rollout (env steps)", description="Steps in each environment between two updates; a rollout is that × environments."
    )
    gae_lambda: Probability = Field(
        1.0, title="GAE λ", description="Trades bias against variance in the advantage estimate; 1 is the plain return.",
        json_schema_extra=MORE,
    )  # fmt: skip
    normalize_advantage: bool = Field(
        False, title="Normalise advantages", json_schema_extra=MORE,
        description="Shifts and scales the advantages of a rollout to mean 0 and variance 1.",
    )  # fmt: skip
    use_rms_prop: bool = Field(
        True, title="RMSprop", description="The optimiser of the original paper; Adam if not.", json_schema_extra=MORE
    )


class _OffPolicy(Params):
    """What the algorithms with a replay buffer have in common."""

    learning_rate: LearningRate = Field(1e-3, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    buffer_size: int = Field(100_000, ge=100, title="Replay buffer", description="How many past steps are kept to learn from again.")
    learning_starts: int = Field(
        1000, ge=0, title="Learning starts", description="Env steps of random actions before the first update.", json_schema_extra=MORE
    )
    batch_size: int = Field(
        256, ge=1, title="Batch (samples)", description="Samples drawn from the buffer for one gradient step.", json_schema_extra=MORE
    )
    train_freq: int = Field(
        1, ge=1, title="Update every (steps)", description="Steps in each environment between two updates.", json_schema_extra=MORE
    )
    gradient_steps: int = Field(
        1, ge=1, title="Gradient steps", description="Gradient steps in one update, each with a batch of its own.", json_schema_extra=MORE
    )
    tau: float = Field(
        0.005, gt=0, le=1, title="Target update τ", json_schema_extra=MORE,
        description="How far the target network moves towards the network at each update; 1 is a copy.",
    )  # fmt: skip
    hidden: list[Units] = Field([256, 256], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE)
    n_envs: int = Field(1, ge=1, le=256, title="Environments", description=ENVS, json_schema_extra=SAMPLING)


class SB3DQNParams(_OffPolicy):
    epsilon_steps: int = Field(
        10_000, ge=1, title="Exploration (env steps)", description="ε falls from 1 to its last value over this many env steps."
    )
    exploration_final_eps: Probability = Field(
        0.05, title="Last ε", description="Share of random actions that always remains.", json_schema_extra=MORE
    )
    batch_size: int = Field(
        64, ge=1, title="Batch (samples)", description="Samples drawn from the buffer for one gradient step.", json_schema_extra=MORE
    )
    train_freq: int = Field(
        4, ge=1, title="Update every (steps)", description="Steps in each environment between two updates.", json_schema_extra=MORE
    )
    tau: float = Field(
        1.0, gt=0, le=1, title="Target update τ", json_schema_extra=MORE,
        description="How far the target network moves towards the network each time; 1 is a copy.",
    )  # fmt: skip
    target_update_interval: int = Field(
        500, ge=1, title="Target update (env steps)", description="How often the target network follows.", json_schema_extra=MORE
    )
    max_grad_norm: float = Field(10.0, gt=0, title="Gradient clip", description="Largest norm of a gradient step.", json_schema_extra=MORE)


class SB3SACParams(_OffPolicy):
    learning_rate: LearningRate = Field(3e-4, title="Learning rate", description=LEARNING_RATE)
    ent_coef: float = Field(
        0.0, ge=0, title="Entropy weight α", json_schema_extra=MORE,
        description="How much an undecided policy counts beside the reward. 0: it is learned as training goes on.",
    )  # fmt: skip


class SB3DDPGParams(_OffPolicy):
    noise_sigma: float = Field(
        0.1, ge=0, title="Exploration noise σ",
        description="Standard deviation of the normal noise on each action, where the action's range is −1 to 1.",
    )  # fmt: skip


class SB3TD3Params(SB3DDPGParams):
    policy_delay: int = Field(
        2, ge=1, title="Policy delay", description="The policy is updated once in so many updates of the critics.", json_schema_extra=MORE
    )
    target_policy_noise: float = Field(
        0.2, ge=0, title="Target noise σ", description="Noise on the target's action, which smooths the critics.", json_schema_extra=MORE
    )
    target_noise_clip: float = Field(
        0.5, ge=0, title="Target noise clip", description="The target's noise is cut at this size.", json_schema_extra=MORE
    )


BOTH: frozenset[Space] = frozenset({"discrete", "box"})
DISCRETE: frozenset[Space] = frozenset({"discrete"})
BOX: frozenset[Space] = frozenset({"box"})

SB3_ALGORITHMS = (
    Algorithm(
        id="sb3_ppo", title="PPO (SB3)", evaluate_every=5, library="sb3",
        summary="Policy gradient with a clipped objective, in the best-known implementation. A good first choice for any action.",
        source="https://arxiv.org/abs/1707.06347",
        rule=r"\max_\theta\; \mathbb{E}\,[\,\min(\rho A,\; \mathrm{clip}(\rho, 1-\epsilon, 1+\epsilon)\, A)\,], \quad \rho = "
        r"\pi_\theta(a|s)\, /\, \pi_{old}(a|s)",
        plainly="What went better than expected (advantage A above 0) becomes likelier, but no update may move the policy far "
        "from the one that collected the data.",
        observations=BOTH, actions=BOTH, params=SB3PPOParams, code=CODE, stop={"env_steps": 100_000}, wrappers=WRAPPERS,
        tuned={
            "CartPole-v1": Tuned(
                {"n_steps": 32, "batch_size": 256, "n_epochs": 20, "gae_lambda": 0.8, "gamma": 0.98, "learning_rate": 1e-3},
                {"env_steps": 40_000},
            ),
        },
    ),
    Algorithm(
        id="sb3_a2c", title="A2C (SB3)", evaluate_every=5, library="sb3",
        summary="Actor and critic that learn from many short rollouts side by side. Simple and quick for each step.",
        source="https://arxiv.org/abs/1602.01783",
        rule=r"\theta \leftarrow \theta + \alpha\, \nabla_\theta \log \pi_\theta(a|s)\, A, \quad "
        r"A = \sum_{k<n} \gamma^k r_k + \gamma^n V(s_n) - V(s)",
        plainly="The actor makes likelier what turned out better than the critic had expected; the critic learns to expect better. "
        "Each rollout is used once and forgotten.",
        observations=BOTH, actions=BOTH, params=SB3A2CParams, code=CODE, stop={"env_steps": 200_000}, wrappers=WRAPPERS,
        tuned={
            "CartPole-v1": Tuned(
                {"n_steps": 16, "gae_lambda": 0.95, "normalize_advantage": True, "use_rms_prop": False, "learning_rate": 2e-3},
                {"env_steps": 150_000},
            ),
        },
    ),
    Algorithm(
        id="sb3_dqn", title="DQN (SB3)", evaluate_every=5, library="sb3",
        summary="Q-learning with a network and a replay buffer. Reuses each step many times; discrete actions only.",
        source="https://doi.org/10.1038/nature14236",
        rule=r"\min_\theta\; \mathbb{E}\,[\,(r + \gamma \max_{a'} Q_{\bar\theta}(s',a') - Q_\theta(s,a))^2\,]",
        plainly="Q-learning with a network in the place of the table: it learns from random past steps out of a buffer, towards a "
        "copy of itself that is renewed now and then.",
        observations=BOTH, actions=DISCRETE, params=SB3DQNParams, code=CODE, stop={"env_steps": 100_000}, wrappers=WRAPPERS,
        tuned={
            "CartPole-v1": Tuned(
                {
                    "learning_rate": 2.3e-3, "train_freq": 256, "gradient_steps": 128, "target_update_interval": 10,
                    "epsilon_steps": 8000, "exploration_final_eps": 0.04,
                },
                {"env_steps": 50_000},
            ),
        },
    ),
    Algorithm(
        id="sb3_sac", title="SAC (SB3)", evaluate_every=1, library="sb3",
        summary="Actor and two critics that seek reward and entropy at once. Needs few env steps; continuous actions only.",
        source="https://arxiv.org/abs/1801.01290",
        rule=r"\max_\pi\; \mathbb{E}\,[\,\min_{i=1,2} Q_i(s,a) - \alpha \log \pi(a|s)\,], \quad "
        r"y = r + \gamma\,(\min_{i=1,2} \bar Q_i(s',a') - \alpha \log \pi(a'|s'))",
        plainly="It looks for actions of high value and stays as undecided as it can, which explores by itself. Of two critics the "
        "more careful one is believed.",
        observations=BOX, actions=BOX, params=SB3SACParams, code=CODE, stop={"env_steps": 100_000}, wrappers=WRAPPERS,
        tuned={"Pendulum-v1": Tuned({**PENDULUM}, {"env_steps": 10_000})},
    ),
    Algorithm(
        id="sb3_td3", title="TD3 (SB3)", evaluate_every=1, library="sb3",
        summary="DDPG made stable: two critics, a delayed policy, smoothed targets. Continuous actions only.",
        source="https://arxiv.org/abs/1802.09477",
        rule=r"y = r + \gamma \min_{i=1,2} \bar Q_i(s', \bar\mu(s') + \epsilon), \quad "
        r"\epsilon \sim \mathrm{clip}(\mathcal{N}(0, \sigma), -c, c)",
        plainly="The actor climbs the critic's value. So that it does not climb the critic's mistakes, the lower of two critics "
        "counts, noise blurs their targets, and the actor moves later than they do.",
        observations=BOX, actions=BOX, params=SB3TD3Params, code=CODE, stop={"env_steps": 100_000}, wrappers=WRAPPERS,
        tuned={"Pendulum-v1": Tuned({**PENDULUM}, {"env_steps": 15_000})},
    ),
    Algorithm(
        id="sb3_ddpg", title="DDPG (SB3)", evaluate_every=1, library="sb3",
        summary="Q-learning for continuous actions: an actor learns which action the critic likes best. The forerunner of TD3.",
        source="https://arxiv.org/abs/1509.02971",
        rule=r"y = r + \gamma\, \bar Q(s', \bar\mu(s')), \quad \theta \leftarrow \theta + \alpha\, \nabla_\theta Q(s, \mu_\theta(s))",
        plainly="A critic learns what actions are worth, as in Q-learning; an actor climbs towards the action it values most. "
        "Noise on the actions explores.",
        observations=BOX, actions=BOX, params=SB3DDPGParams, code=CODE, stop={"env_steps": 100_000}, wrappers=WRAPPERS,
        tuned={"Pendulum-v1": Tuned({**PENDULUM}, {"env_steps": 15_000})},
    ),
)  # fmt: skip
