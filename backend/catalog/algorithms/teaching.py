"""Teaching agents in PyTorch: our own, one readable file each."""

from pydantic import Field

from backend.catalog.algorithms.base import Algorithm, Tuned
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

WRAPPERS = frozenset({"time_limit", "frame_stack", "normalize_reward", "normalize_observation"})
NORMALIZE = (
    "Scales the advantages of each update to mean 0 and variance 1, so that one learning rate fits rewards of any size."
)
REPORT_STEPS = "Env steps between two reports; one iteration."


class _Agent(Params):
    lr: LearningRate = Field(1e-3, title="Learning rate", description=LEARNING_RATE)
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    entropy_coeff: float = Field(
        0.01, ge=0, title="Entropy bonus", description="Rewards an undecided policy, for more exploration."
    )
    value_coeff: float = Field(
        0.5,
        ge=0,
        title="Value loss weight",
        description="Weight of the critic's loss in the sum.",
        json_schema_extra=MORE,
    )
    grad_clip: float = Field(
        0.5,
        gt=0,
        title="Gradient clip",
        description="Largest norm of a gradient; a longer one is shortened.",
        json_schema_extra=MORE,
    )
    lr_decay: bool = Field(
        True,
        title="Decay learning rate",
        json_schema_extra=MORE,
        description=(
            "Lowers the learning rate along a line to 0 at the end of the run, so that what was learned settles."
        ),
    )
    hidden: list[Units] = Field(
        [64, 64], title="Hidden layers", description=HIDDEN, min_length=1, json_schema_extra=MORE
    )


class ReinforceParams(_Agent):
    lr: LearningRate = Field(5e-3, title="Learning rate", description=LEARNING_RATE)
    batch_episodes: int = Field(
        8,
        ge=1,
        title="Batch (episodes)",
        description="Whole episodes played between two updates; one iteration. More make less noise.",
    )
    normalize_advantage: bool = Field(True, title="Normalise advantages", description=NORMALIZE, json_schema_extra=MORE)


class A2CParams(_Agent):
    n_steps: int = Field(
        16, ge=1, title="Steps per update", description="Steps each environment makes between two updates."
    )
    lambda_: Probability = Field(
        0.95,
        title="GAE λ",
        description="Trades bias against variance in the advantage estimate.",
        json_schema_extra=MORE,
    )
    normalize_advantage: bool = Field(True, title="Normalise advantages", description=NORMALIZE, json_schema_extra=MORE)
    report_steps: int = Field(
        2000, ge=1, title="Iteration (env steps)", description=REPORT_STEPS, json_schema_extra=MORE
    )
    n_envs: int = Field(
        8,
        ge=1,
        le=1024,
        title="Environments",
        description="Environments stepped side by side in one process.",
        json_schema_extra=SAMPLING,
    )


class A3CParams(_Agent):
    grad_clip: float = Field(
        40.0,
        gt=0,
        title="Gradient clip",
        description="Largest norm of a gradient; a longer one is shortened.",
        json_schema_extra=MORE,
    )
    n_steps: int = Field(
        32,
        ge=1,
        title="Steps per gradient",
        description="Steps a worker makes, at most, before it hands over a gradient.",
    )
    report_steps: int = Field(
        2000, ge=1, title="Iteration (env steps)", description=REPORT_STEPS, json_schema_extra=MORE
    )
    num_workers: int = Field(
        2,
        ge=1,
        le=256,
        title="Workers",
        json_schema_extra=SAMPLING,
        description="Processes that play and compute gradients at the same time, one CPU each.",
    )


TEACHING_ALGORITHMS = (
    Algorithm(
        id="reinforce", title="REINFORCE with baseline", library="torch",
        summary="The policy gradient at its plainest: play whole episodes, then make likelier what went better than "
        "expected.",
        source="https://doi.org/10.1007/BF00992696",
        rule=r"\theta \leftarrow \theta + \alpha\, \mathbb{E}\,[\,\nabla_\theta \log \pi_\theta(a|s)\,(G - V(s))\,], "
        r"\quad "
        r"G = \sum_{k \ge 0} \gamma^k r_{k+1}",
        plainly="It plays to the end and looks at the return G that followed each action. If that was more than the "
        "baseline V had "
        "expected, the action becomes likelier, else less likely. V learns to expect what comes, which makes the "
        "steps less noisy.",
        observations=frozenset({"box"}), actions=frozenset({"discrete", "box"}),
        params=ReinforceParams, code="backend.workloads.reinforce:train", stop={"env_steps": 200_000},
        wrappers=WRAPPERS,
        tuned={"CartPole-v1": Tuned(stop={"env_steps": 100_000})},
    ),
    Algorithm(
        id="a2c", title="A2C", library="torch",
        summary="Actor and critic learn together from several environments stepped side by side, without waiting for "
        "an episode's end.",
        source="https://arxiv.org/abs/1602.01783",
        rule=r"\theta \leftarrow \theta + \alpha\, \mathbb{E}\,[\,\nabla_\theta \log \pi_\theta(a|s)\, A\,], \quad "
        r"A_t = \sum_{k \ge 0} (\gamma\lambda)^k \delta_{t+k}, \quad \delta = r + \gamma V(s') - V(s)",
        plainly="The critic V says what a state is worth. After a few steps it is seen whether an action led to more "
        "than that: the "
        "advantage A. The actor then does more of what had a positive one, and the critic corrects itself.",
        observations=frozenset({"box"}), actions=frozenset({"discrete", "box"}),
        params=A2CParams, code="backend.workloads.a2c:train", stop={"env_steps": 200_000}, wrappers=WRAPPERS,
        tuned={
            "CartPole-v1": Tuned(
                params={"lr": 2e-3, "n_steps": 32, "lambda_": 0.98, "grad_clip": 40.0}, stop={"env_steps": 100_000}
            )
        },
    ),
    Algorithm(
        id="a3c", title="A3C", library="torch",
        summary="Actor-critic with workers that do not wait for each other: each plays by itself and changes the "
        "shared weights.",
        source="https://arxiv.org/abs/1602.01783",
        rule=r"\theta \leftarrow \theta + \alpha\, \nabla_{\theta'} \log \pi_{\theta'}(a|s)\,(R - V(s)), \quad "
        r"R = \sum_{k<n} \gamma^k r_{k+1} + \gamma^n V(s_n)",
        plainly="Like A2C, but each worker is a process that takes the newest weights θ as its own θ′, plays a few "
        "steps, and hands over "
        "a gradient, which is applied at once. The same seed need not give the same curve, for who comes first is "
        "chance.",
        observations=frozenset({"box"}), actions=frozenset({"discrete", "box"}),
        params=A3CParams, code="backend.workloads.a3c:train", stop={"env_steps": 200_000}, wrappers=WRAPPERS,
        tuned={"CartPole-v1": Tuned(params={"lr": 2e-3, "n_steps": 128}, stop={"env_steps": 120_000})},
    ),
)  # fmt: skip
