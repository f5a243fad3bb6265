"""Algorithms of RLlib."""

from collections.abc import Mapping
from typing import Any

from backend.catalog.algorithms.base import Algorithm, Tuned
from backend.catalog.algorithms.rllib_params import APPOParams, DQNParams, IMPALAParams, PPOParams, SACParams

WRAPPERS = frozenset({"time_limit", "frame_stack", "normalize_reward"})
# Returns in the hundreds make errors of the critic in the ten thousands: at their usual weight the clip of the
# gradient's norm leaves next to nothing of the policy's part.
LANDER: Mapping[str, Any] = {
    "lr": 1e-3, "gamma": 0.999, "lambda_": 0.98, "train_batch_size": 4000, "num_epochs": 10, "minibatch_size": 128,
    "entropy_coeff": 0.01, "vf_loss_coeff": 0.01, "num_envs_per_env_runner": 16,
}  # fmt: skip
# Half as many updates as env steps, each on few samples: in RLlib it is drawing them that takes the time.
PENDULUM: Mapping[str, Any] = {
    "actor_lr": 1e-3,
    "alpha_lr": 1e-3,
    "gamma": 0.98,
    "train_batch_size": 64,
    "training_intensity": 32.0,
}


RLLIB_ALGORITHMS = (
    Algorithm(
        id="ppo", title="PPO", evaluate_every=5, library="rllib",
        summary="Policy gradient with a clipped objective. A good first choice for continuous observations.",
        source="https://arxiv.org/abs/1707.06347",
        rule=r"\max_\theta\; \mathbb{E}\,[\,\min(\rho A,\; \mathrm{clip}(\rho, 1-\epsilon, 1+\epsilon)\, A)\,], \quad "
        r"\rho = "
        r"\pi_\theta(a|s)\, /\, \pi_{old}(a|s)",
        plainly="What went better than expected (advantage A above 0) becomes likelier, but no update may move the "
        "policy far "
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
        plainly="Q-learning with a network in the place of the table: it learns from random past steps out of a "
        "buffer, towards a "
        "copy of itself that is renewed now and then.",
        observations=frozenset({"box"}), actions=frozenset({"discrete"}),
        wrappers=WRAPPERS, params=DQNParams, code="backend.workloads.dqn:config", stop={"env_steps": 30_000},
    ),
    Algorithm(
        id="sac", title="SAC", evaluate_every=1, library="rllib",
        summary="Off-policy actor-critic for continuous actions. Learns much from few steps, at more computing for "
        "each.",
        source="https://arxiv.org/abs/1801.01290",
        rule=r"\max_\pi\; \mathbb{E}\,[\,\min(Q_1, Q_2)(s,a) - \alpha \log \pi(a|s)\,]",
        plainly="It wants reward and to stay undecided, at an exchange rate α that it learns as well. Two critics "
        "judge each "
        "action, and the more doubtful one counts.",
        observations=frozenset({"box"}), actions=frozenset({"box"}), wrappers=WRAPPERS,
        params=SACParams, code="backend.workloads.sac:config", stop={"env_steps": 20_000},
        tuned={"Pendulum-v1": Tuned(PENDULUM, {"env_steps": 10_000})},
    ),
    Algorithm(
        id="appo", title="APPO", evaluate_every=5, library="rllib",
        summary="PPO whose env runners never wait for the learner. For many CPUs; on two cores PPO itself is simpler.",
        source="https://arxiv.org/abs/1912.00167",
        rule=r"\max_\theta\; \mathbb{E}\,[\,\min(\rho A,\; \mathrm{clip}(\rho, 1-\epsilon, 1+\epsilon)\, A)\,], \quad "
        r"A \text{ by V-trace}",
        plainly="PPO's cautious update, on data of runners that may lag a little behind; V-trace weighs the advantage "
        "A by how far "
        "they do.",
        observations=frozenset({"box"}), actions=frozenset({"discrete", "box"}), wrappers=WRAPPERS,
        params=APPOParams, code="backend.workloads.appo:config", stop={"env_steps": 150_000},
    ),
    Algorithm(
        id="impala", title="IMPALA", evaluate_every=5, library="rllib",
        summary="Runners and learner work at the same time and never wait for each other. For many CPUs.",
        source="https://arxiv.org/abs/1802.01561",
        rule=r"v_s = V(s) + \sum_t \gamma^t \Big(\prod_i c_i\Big)\, \rho_t\, [\,r_t + \gamma V(s_{t+1}) - V(s_t)\,]",
        plainly="Runners collect steps with a policy that is a little old. V-trace cuts the weight ρ of steps that "
        "the new policy "
        "would hardly have made, so that they still teach the right thing.",
        observations=frozenset({"box"}), actions=frozenset({"discrete", "box"}), wrappers=WRAPPERS,
        params=IMPALAParams, code="backend.workloads.impala:config", stop={"env_steps": 200_000},
        tuned={"CartPole-v1": Tuned({"lr": 2e-3}, {"env_steps": 200_000})},
    ),
)  # fmt: skip
