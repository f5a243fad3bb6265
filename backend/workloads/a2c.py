"""A2C, synchronous advantage actor-critic (Mnih et al. 2016, without the asynchrony; advantages after Schulman et al.
2016).

Several environments are stepped side by side. Every few steps the critic V judges what was done: the advantage

    A = δ₀ + γλ δ₁ + (γλ)² δ₂ + …,   δ = r + γ V(s') - V(s)

says how much better an action was than V had expected. The actor makes actions likelier the larger it is, and the
critic moves towards A + V. Unlike REINFORCE it need not wait for an episode's end. A Ray Tune function trainable.
"""

from typing import Any

import numpy as np
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from numpy.typing import NDArray

from backend.workloads import torch_agent
from backend.workloads.environment import training_env
from backend.workloads.torch_agent import ActorCritic, Progress
from backend.workloads.torch_agent import policy as policy

Rollout = dict[str, NDArray[Any]]  # each of shape [steps, envs, ...]


def train(config: dict[str, Any]) -> None:
    """Trains one agent until a criterion in `config["stop"]` is met; an iteration is `report_steps` env steps."""
    torch.set_num_threads(1)
    torch.manual_seed(config["seed"])
    torch_agent.run(A2C(config), config)


class A2C:
    def __init__(self, config: dict[str, Any]) -> None:
        self.params = config["params"]
        count = self.params["n_envs"]
        make_env = lambda: training_env(config)  # noqa: E731
        # Reset by hand: so the last observation of an episode is seen, and no step is lost between two of them.
        self.envs = SyncVectorEnv([make_env] * count, autoreset_mode=AutoresetMode.DISABLED)
        self.observations, _ = self.envs.reset(seed=torch_agent.env_seeds(config["seed"], count))
        self.network = ActorCritic(self.envs.envs[0], config)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=self.params["lr"], eps=1e-5)
        self.progress = Progress(config["stop"])

    def learn(self) -> dict[str, float]:
        """Samples and updates in turn until `report_steps` env steps are done; returns the last update's losses."""
        until = self.progress.env_steps + self.params["report_steps"]
        learned: dict[str, float] = {}
        while self.progress.env_steps < until and not self.progress.is_done():
            learned = self.update(self.sample())
        return learned

    def sample(self) -> Rollout:
        """Steps every environment `n_steps` times."""
        steps = []
        for _ in range(self.params["n_steps"]):
            actions = self.network.sample(self.observations)
            to_env = [self.network.to_env(action) for action in actions]
            after, rewards, terminated, truncated, infos = self.envs.step(to_env)
            over = terminated | truncated
            steps.append((self.observations, actions, rewards, after, terminated, over))
            self.observations = after
            if over.any():
                for env in np.flatnonzero(over):
                    self.progress.end_episode(infos["episode"]["r"][env], infos["episode"]["l"][env])
                self.observations, _ = self.envs.reset(options={"reset_mask": over})
        self.progress.env_steps += len(steps) * len(self.observations)
        names = ("observations", "actions", "rewards", "after", "terminated", "over")
        return {name: np.stack(part) for name, part in zip(names, zip(*steps, strict=True), strict=True)}

    def advantages(self, rollout: Rollout, values: torch.Tensor) -> torch.Tensor:
        """Returns generalised advantage estimates of steps with `values`, both of shape [steps, envs].

        Behind a termination there is no future; behind a time limit there is one, which the critic expects. In both
        cases the sum ends there, for the next step belongs to another episode.
        """
        shape, gamma = values.shape, self.params["gamma"]
        with torch.no_grad():
            future = self.network.values(_flat(rollout["after"])).view(shape)
        rewards = torch.as_tensor(rollout["rewards"], dtype=torch.float32)
        delta = rewards + gamma * future * torch.as_tensor(~rollout["terminated"]) - values
        goes_on = torch.as_tensor(~rollout["over"])
        estimates, running = torch.empty(shape), torch.zeros(shape[1])
        for step in reversed(range(shape[0])):
            running = delta[step] + gamma * self.params["lambda_"] * goes_on[step] * running
            estimates[step] = running
        return estimates

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Takes one gradient step on all that was sampled."""
        distribution, values = self.network(_flat(rollout["observations"]))
        advantages = self.advantages(rollout, values.detach().view(rollout["rewards"].shape)).flatten()
        targets = advantages + values.detach()
        if self.params["normalize_advantage"] and len(advantages) > 1:
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        policy_loss = -(distribution.log_prob(torch.as_tensor(_flat(rollout["actions"]))) * advantages).mean()
        value_loss = (targets - values).square().mean()
        entropy = distribution.entropy().mean()
        loss = policy_loss + self.params["value_coeff"] * value_loss - self.params["entropy_coeff"] * entropy

        norm = torch_agent.backward(loss, self.network, self.params["grad_clip"], self.progress.iteration + 1)
        for group in self.optimizer.param_groups:
            group["lr"] = self.params["lr"] * (1 - self.progress.share() if self.params["lr_decay"] else 1)
        self.optimizer.step()
        self.network.see(_flat(rollout["observations"]))
        return {
            "learner/policy_loss": policy_loss.item(),
            "learner/value_loss": value_loss.item(),
            "learner/entropy": entropy.item(),
            "learner/gradient_norm": norm,
        }

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": self.progress.state(),
            "random": torch.get_rng_state(),
            "envs": [torch_agent.env_state(env) for env in self.envs.envs],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Goes on from a checkpoint; the episodes that were being played begin anew."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load(state["progress"])
        torch.set_rng_state(state["random"])
        for env, saved in zip(self.envs.envs, state["envs"], strict=False):
            torch_agent.load_env_state(env, saved)
        self.observations, _ = self.envs.reset()


def _flat(values: NDArray[Any]) -> NDArray[Any]:
    """Returns values of shape [steps, envs, ...] as [steps * envs, ...]."""
    return values.reshape(-1, *values.shape[2:])
