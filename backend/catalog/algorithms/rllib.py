"""Algorithms of RLlib."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from backend.catalog.algorithms.base import Algorithm, Tuned
from backend.catalog.algorithms.params import GAMMA, HIDDEN, LEARNING_RATE, MORE, SAMPLING, LearningRate, Params, Probability, Units

WRAPPERS = frozenset({"time_limit", "frame_stack", "normalize_reward"})
# Returns in the hundreds make errors of the critic in the ten thousands: at their usual weight the clip of the gradient's norm
# leaves next to nothing of the policy's part.
LANDER: Mapping[str, Any] = {
    "lr": 1e-3, "gamma": 0.999, "lambda_": 0.98, "train_batch_size": 4000, "num_epochs": 10, "minibatch_size": 128,
    "entropy_coeff": 0.01, "vf_loss_coeff": 0.01, "num_envs_per_env_runner": 16,
}  # fmt: skip
# Half as many updates as env steps, each on few samples: in RLlib it is drawing them that takes the time.
PENDULUM: Mapping[str, Any] = {
    "actor_lr": 1e-3, "alpha_lr": 1e-3, "gamma": 0.98, "train_batch_size": 64, "training_intensity": 32.0,
}  # fmt: skip

Learners = Annotated[
    int,
    Field(
        ge=0,
        title="Learners",
        json_schema_extra=SAMPLING,
        description="Processes that compute gradients, one CPU each, each on its share of a batch. 0: the trial's own process does.",
    ),
]
LearnerGpus = Annotated[
    float,
    Field(
        ge=0, le=8, title="GPUs per learner", description="What each learner reserves, if the cluster has any.", json_schema_extra=SAMPLING
    ),
]


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
    num_learners: Learners = 0
    num_gpus_per_learner: LearnerGpus = 0.0


class DQNParams(Params):
    lr: LearningRate = Field(1e-3, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    buffer_size: int = Field(50_000, ge=100, title="Replay buffer", description="How many past steps are kept to learn from again.")
    epsilon_steps: int = Field(
        6000, ge=1, title="Exploration (env steps)", description="ε falls from 1 to its last value over this many env steps."
    )
    epsilon_min: Probability = Field(
        0.04, title="Last ε", description="Share of random actions that always remains.", json_schema_extra=MORE
    )
    learning_starts: int = Field(
        1000, ge=0, title="Learning starts", description="Env steps collected before the first update.", json_schema_extra=MORE
    )
    train_batch_size: int = Field(
        32, ge=1, title="Batch (samples)", description="Samples drawn from the buffer for one update.", json_schema_extra=MORE
    )
    training_intensity: float = Field(
        16.0, gt=0, title="Training intensity", json_schema_extra=MORE,
        description="Samples trained for each env step collected; batch size ÷ intensity is the env steps between updates.",
    )  # fmt: skip
    target_update: int = Field(
        250, ge=1, title="Target update (env steps)", description="How often the target network is copied.", json_schema_extra=MORE
    )
    double_q: bool = Field(
        True, title="Double Q", description="Counters the overestimation of values (van Hasselt 2015).", json_schema_extra=MORE
    )
    dueling: bool = Field(
        True, title="Dueling", description="Splits value and advantage in the network (Wang 2015).", json_schema_extra=MORE
    )
    prioritized: bool = Field(
        False, title="Prioritised replay", json_schema_extra=MORE,
        description="Draws surprising steps more often (Schaul 2016). Slower for each update.",
    )  # fmt: skip
    n_step: int = Field(3, ge=1, title="n-step", description="Rewards summed before bootstrapping.", json_schema_extra=MORE)
    hidden: list[Units] = Field([128, 128], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE)
    num_envs_per_env_runner: int = Field(
        4, ge=1, title="Envs per runner", description="Environments stepped side by side.", json_schema_extra=SAMPLING
    )


class SACParams(Params):
    actor_lr: LearningRate = Field(3e-4, title="Learning rate, policy", description=LEARNING_RATE)
    critic_lr: LearningRate = Field(1e-3, title="Learning rate, critics", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    alpha_lr: LearningRate = Field(
        3e-4, title="Learning rate, temperature", description="Step size of the entropy's weight.", json_schema_extra=MORE
    )
    tau: Probability = Field(
        0.005, title="Target τ", description="How far the target critics follow the critics at each update.", json_schema_extra=MORE
    )
    buffer_size: int = Field(
        50_000, ge=100, title="Replay buffer", description="How many past steps are kept to learn from again.", json_schema_extra=MORE
    )
    learning_starts: int = Field(
        500, ge=0, title="Learning starts", description="Env steps collected before the first update.", json_schema_extra=MORE
    )
    train_batch_size: int = Field(
        128, ge=1, title="Batch (samples)", description="Samples drawn from the buffer for one update.", json_schema_extra=MORE
    )
    training_intensity: float = Field(
        128.0, gt=0, title="Training intensity", json_schema_extra=MORE,
        description="Samples trained for each env step collected; batch size ÷ intensity is the env steps between updates.",
    )  # fmt: skip
    n_step: int = Field(1, ge=1, title="n-step", description="Rewards summed before bootstrapping.", json_schema_extra=MORE)
    hidden: list[Units] = Field([64, 64], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE)
    num_envs_per_env_runner: int = Field(
        1, ge=1, title="Envs per runner", description="Environments stepped side by side.", json_schema_extra=SAMPLING
    )


class IMPALAParams(Params):
    lr: LearningRate = Field(1e-3, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    train_batch_size: int = Field(256, ge=32, title="Batch (env steps)", description="Env steps in one update.")
    rollout_fragment_length: int = Field(
        32, ge=1, title="Fragment (env steps)", description="Env steps of each environment that a runner hands over at a time.",
        json_schema_extra=MORE,
    )  # fmt: skip
    entropy_coeff: float = Field(
        0.005, ge=0, title="Entropy bonus", description="Rewards an undecided policy, for more exploration.", json_schema_extra=MORE
    )
    vf_loss_coeff: float = Field(
        0.25, ge=0, title="Value loss weight", description="Weight of the critic's loss in the sum.", json_schema_extra=MORE
    )
    grad_clip: float = Field(20.0, gt=0, title="Gradient clip", description="Largest norm of a gradient step.", json_schema_extra=MORE)
    hidden: list[Units] = Field([64, 64], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE)
    num_env_runners: int = Field(
        1, ge=1, title="Env runners", json_schema_extra=SAMPLING, description="Processes that step environments, one CPU each."
    )
    num_envs_per_env_runner: int = Field(
        8, ge=1, title="Envs per runner", description="Environments stepped side by side.", json_schema_extra=SAMPLING
    )
    num_learners: Learners = 0
    num_gpus_per_learner: LearnerGpus = 0.0


class APPOParams(IMPALAParams):
    clip_param: float = Field(0.3, gt=0, title="Clip range", description="How far one update may move the policy.", json_schema_extra=MORE)
    num_epochs: int = Field(4, ge=1, title="Epochs", description="How often each batch is learned from.", json_schema_extra=MORE)
    train_batch_size: int = Field(512, ge=32, title="Batch (env steps)", description="Env steps in one update.")


RLLIB_ALGORITHMS = (
    Algorithm(
        id="ppo", title="PPO", evaluate_every=5, library="rllib",
        summary="Policy gradient with a clipped objective. A good first choice for continuous observations.",
        source="https://arxiv.org/abs/1707.06347",
        rule=r"\max_\theta\; \mathbb{E}\,[\,\min(\rho A,\; \mathrm{clip}(\rho, 1-\epsilon, 1+\epsilon)\, A)\,], \quad \rho = "
        r"\pi_\theta(a|s)\, /\, \pi_{old}(a|s)",
        plainly="What went better than expected (advantage A above 0) becomes likelier, but no update may move the policy far "
        "from the one that collected the data.",
        observations=frozenset({"box"}), actions=frozenset({"discrete", "box"}),
        wrappers=WRAPPERS, params=PPOParams, code="backend.workloads.ppo:config", stop={"env_steps": 60_000},
        tuned={"LunarLander-v3": Tuned(LANDER, {"env_steps": 400_000}, {"every": 5, "episodes": 20})},
    ),
    Algorithm(
        id="dqn", title="DQN", evaluate_every=2, library="rllib",
        summary="Q-learning with a network and a replay buffer. Reuses each step many times; discrete actions only.",
        source="https://doi.org/10.1038/nature14236",
        rule=r"\min_\theta\; \mathbb{E}\,[\,(r + \gamma \max_{a'} Q_{\bar\theta}(s',a') - Q_\theta(s,a))^2\,]",
        plainly="Q-learning with a network in the place of the table: it learns from random past steps out of a buffer, towards a "
        "copy of itself that is renewed now and then.",
        observations=frozenset({"box"}), actions=frozenset({"discrete"}),
        wrappers=WRAPPERS, params=DQNParams, code="backend.workloads.dqn:config", stop={"env_steps": 30_000},
    ),
    Algorithm(
        id="sac", title="SAC", evaluate_every=1, library="rllib",
        summary="Off-policy actor-critic for continuous actions. Learns much from few steps, at more computing for each.",
        source="https://arxiv.org/abs/1801.01290",
        rule=r"\max_\pi\; \mathbb{E}\,[\,\min(Q_1, Q_2)(s,a) - \alpha \log \pi(a|s)\,]",
        plainly="It wants reward and to stay undecided, at an exchange rate α that it learns as well. Two critics judge each "
        "action, and the more doubtful one counts.",
        observations=frozenset({"box"}), actions=frozenset({"box"}), wrappers=WRAPPERS,
        params=SACParams, code="backend.workloads.sac:config", stop={"env_steps": 20_000},
        tuned={"Pendulum-v1": Tuned(PENDULUM, {"env_steps": 10_000})},
    ),
    Algorithm(
        id="appo", title="APPO", evaluate_every=5, library="rllib",
        summary="PPO whose env runners never wait for the learner. For many CPUs; on two cores PPO itself is simpler.",
        source="https://arxiv.org/abs/1912.00167",
        rule=r"\max_\theta\; \mathbb{E}\,[\,\min(\rho A,\; \mathrm{clip}(\rho, 1-\epsilon, 1+\epsilon)\, A)\,], \quad A \text{ by V-trace}",
        plainly="PPO's cautious update, on data of runners that may lag a little behind; V-trace weighs the advantage A by how far "
        "they do.",
        observations=frozenset({"box"}), actions=frozenset({"discrete", "box"}), wrappers=WRAPPERS,
        params=APPOParams, code="backend.workloads.appo:config", stop={"env_steps": 150_000},
    ),
    Algorithm(
        id="impala", title="IMPALA", evaluate_every=5, library="rllib",
        summary="Runners and learner work at the same time and never wait for each other. For many CPUs.",
        source="https://arxiv.org/abs/1802.01561",
        rule=r"v_s = V(s) + \sum_t \gamma^t \Big(\prod_i c_i\Big)\, \rho_t\, [\,r_t + \gamma V(s_{t+1}) - V(s_t)\,]",
        plainly="Runners collect steps with a policy that is a little old. V-trace cuts the weight ρ of steps that the new policy "
        "would hardly have made, so that they still teach the right thing.",
        observations=frozenset({"box"}), actions=frozenset({"discrete", "box"}), wrappers=WRAPPERS,
        params=IMPALAParams, code="backend.workloads.impala:config", stop={"env_steps": 200_000},
        tuned={"CartPole-v1": Tuned({"lr": 2e-3}, {"env_steps": 200_000})},
    ),
)  # fmt: skip
