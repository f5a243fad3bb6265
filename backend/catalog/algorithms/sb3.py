"""Algorithms of Stable-Baselines3.

Settings have the names of its constructors, so that what is known of them holds here.
"""

from collections.abc import Mapping
from typing import Any

from backend.catalog.algorithms.base import Algorithm, Tuned
from backend.catalog.algorithms.sb3_params import (
    SB3A2CParams,
    SB3DDPGParams,
    SB3DQNParams,
    SB3PPOParams,
    SB3SACParams,
    SB3TD3Params,
)
from backend.catalog.environments import SpaceKind

CODE = "backend.workloads.sb3:train"
WRAPPERS = frozenset({"time_limit", "frame_stack", "normalize_observation", "normalize_reward"})
PENDULUM: Mapping[str, Any] = {"learning_rate": 1e-3, "gamma": 0.98, "hidden": [64, 64], "learning_starts": 1000}


BOTH: frozenset[SpaceKind] = frozenset({"discrete", "box"})
DISCRETE: frozenset[SpaceKind] = frozenset({"discrete"})
BOX: frozenset[SpaceKind] = frozenset({"box"})

SB3_ALGORITHMS = (
    Algorithm(
        id="sb3_ppo", title="PPO (SB3)", evaluate_every=5, library="sb3",
        summary="Policy gradient with a clipped objective, in the best-known implementation. A good first choice for "
        "any action.",
        source="https://arxiv.org/abs/1707.06347",
        rule=r"\max_\theta\; \mathbb{E}\,[\,\min(\rho A,\; \mathrm{clip}(\rho, 1-\epsilon, 1+\epsilon)\, A)\,], \quad "
        r"\rho = "
        r"\pi_\theta(a|s)\, /\, \pi_{old}(a|s)",
        plainly="What went better than expected (advantage A above 0) becomes likelier, but no update may move the "
        "policy far "
        "from the one that collected the data.",
        observations=BOTH, actions=BOTH, params=SB3PPOParams, code=CODE, stop={"env_steps": 100_000}, wrappers=WRAPPERS,
        tuned={
            "CartPole-v1": Tuned(
                {"n_steps": 32, "batch_size": 256, "n_epochs": 20, "gae_lambda": 0.8, "gamma": 0.98,
                "learning_rate": 1e-3},
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
        plainly="The actor makes likelier what turned out better than the critic had expected; the critic learns to "
        "expect better. "
        "Each rollout is used once and forgotten.",
        observations=BOTH, actions=BOTH, params=SB3A2CParams, code=CODE, stop={"env_steps": 200_000}, wrappers=WRAPPERS,
        tuned={
            "CartPole-v1": Tuned(
                {"n_steps": 16, "gae_lambda": 0.95, "normalize_advantage": True, "use_rms_prop": False,
                "learning_rate": 2e-3},
                {"env_steps": 150_000},
            ),
        },
    ),
    Algorithm(
        id="sb3_dqn", title="DQN (SB3)", evaluate_every=5, library="sb3",
        summary="Q-learning with a network and a replay buffer. Reuses each step many times; discrete actions only.",
        source="https://doi.org/10.1038/nature14236",
        rule=r"\min_\theta\; \mathbb{E}\,[\,(r + \gamma \max_{a'} Q_{\bar\theta}(s',a') - Q_\theta(s,a))^2\,]",
        plainly="Q-learning with a network in the place of the table: it learns from random past steps out of a "
        "buffer, towards a "
        "copy of itself that is renewed now and then.",
        observations=BOTH, actions=DISCRETE, params=SB3DQNParams, code=CODE, stop={"env_steps": 100_000},
        wrappers=WRAPPERS,
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
        summary="Actor and two critics that seek reward and entropy at once. Needs few env steps; continuous actions "
        "only.",
        source="https://arxiv.org/abs/1801.01290",
        rule=r"\max_\pi\; \mathbb{E}\,[\,\min_{i=1,2} Q_i(s,a) - \alpha \log \pi(a|s)\,], \quad "
        r"y = r + \gamma\,(\min_{i=1,2} \bar Q_i(s',a') - \alpha \log \pi(a'|s'))",
        plainly="It looks for actions of high value and stays as undecided as it can, which explores by itself. Of "
        "two critics the "
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
        plainly="The actor climbs the critic's value. So that it does not climb the critic's mistakes, the lower of "
        "two critics "
        "counts, noise blurs their targets, and the actor moves later than they do.",
        observations=BOX, actions=BOX, params=SB3TD3Params, code=CODE, stop={"env_steps": 100_000}, wrappers=WRAPPERS,
        tuned={"Pendulum-v1": Tuned({**PENDULUM}, {"env_steps": 15_000})},
    ),
    Algorithm(
        id="sb3_ddpg", title="DDPG (SB3)", evaluate_every=1, library="sb3",
        summary="Q-learning for continuous actions: an actor learns which action the critic likes best. The "
        "forerunner of TD3.",
        source="https://arxiv.org/abs/1509.02971",
        rule=r"y = r + \gamma\, \bar Q(s', \bar\mu(s')), \quad \theta \leftarrow \theta + \alpha\, \nabla_\theta Q(s, "
        r"\mu_\theta(s))",
        plainly="A critic learns what actions are worth, as in Q-learning; an actor climbs towards the action it "
        "values most. "
        "Noise on the actions explores.",
        observations=BOX, actions=BOX, params=SB3DDPGParams, code=CODE, stop={"env_steps": 100_000}, wrappers=WRAPPERS,
        tuned={"Pendulum-v1": Tuned({**PENDULUM}, {"env_steps": 15_000})},
    ),
)  # fmt: skip
