"""REINFORCE with a learned baseline: the policy gradient at its plainest (Williams 1992; Sutton & Barto 2018, chapter
13.4).

Play whole episodes with the policy π. For each step, G is the discounted return that really followed. The gradient

    E[ ∇ log π(a|s) · (G - V(s)) ]

makes actions likelier that were followed by more than the critic V had expected, and others less likely. V does not
change what the gradient is on average, but how much it varies. A Ray Tune function trainable.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from backend.workloads import torch_agent
from backend.workloads.environment import training_env
from backend.workloads.torch_agent import ActorCritic, Progress
from backend.workloads.torch_agent import policy as policy


def train(config: dict[str, Any]) -> None:
    """Trains one agent until a criterion in `config["stop"]` is met; an iteration is one update of the policy."""
    torch.set_num_threads(1)
    torch.manual_seed(config["seed"])
    torch_agent.run(Reinforce(config), config)


class Reinforce:
    def __init__(self, config: dict[str, Any]) -> None:
        self.params = config["params"]
        self.env = training_env(config)
        self.env.reset(seed=torch_agent.env_seeds(config["seed"], 1)[0])
        self.network = ActorCritic(self.env, config)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=self.params["lr"])
        self.progress = Progress(config["stop"])

    def learn(self) -> dict[str, float]:
        """Plays a batch of episodes, then takes one step along the policy gradient."""
        played = [self.play() for _ in range(self.params["batch_episodes"])]
        observations, actions, returns = (np.concatenate(part) for part in zip(*played, strict=True))
        targets = torch.as_tensor(returns, dtype=torch.float32)

        distribution, values = self.network(observations)
        advantages = targets - values.detach()
        if self.params["normalize_advantage"] and len(advantages) > 1:
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        policy_loss = -(distribution.log_prob(torch.as_tensor(actions)) * advantages).mean()
        value_loss = (targets - values).square().mean()
        entropy = distribution.entropy().mean()
        loss = policy_loss + self.params["value_coeff"] * value_loss - self.params["entropy_coeff"] * entropy

        norm = torch_agent.backward(loss, self.network, self.params["grad_clip"], self.progress.iteration + 1)
        for group in self.optimizer.param_groups:
            group["lr"] = self.params["lr"] * (1 - self.progress.share() if self.params["lr_decay"] else 1)
        self.optimizer.step()
        self.network.see(observations)
        return {
            "learner/policy_loss": policy_loss.item(),
            "learner/value_loss": value_loss.item(),
            "learner/entropy": entropy.item(),
            "learner/gradient_norm": norm,
        }

    def play(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Plays one episode of T steps; returns its observations, actions and the returns G that
        followed, each of length T."""
        observations, actions, rewards = list[Any](), list[Any](), list[float]()
        observation, _ = self.env.reset()
        over = False
        while not over:
            action = self.network.sample(observation[None])[0]
            observations.append(observation)
            actions.append(action)
            observation, reward, terminated, truncated, info = self.env.step(self.network.to_env(action))
            rewards.append(float(reward))
            over = terminated or truncated
        self.progress.env_steps += len(rewards)
        self.progress.end_episode(info["episode"]["r"], info["episode"]["l"])

        future = 0.0
        if not terminated:  # a time limit ended it, not the world: what would have followed is what the critic expects
            with torch.no_grad():
                future = float(self.network.values(observation[None]))
        returns = np.empty(len(rewards))
        for step in reversed(range(len(rewards))):
            future = rewards[step] + self.params["gamma"] * future
            returns[step] = future
        return np.stack(observations), np.stack(actions), returns

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": self.progress.state(),
            "random": torch.get_rng_state(),
            "env": torch_agent.env_state(self.env),
        }

    def load(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load(state["progress"])
        torch.set_rng_state(state["random"])
        torch_agent.load_env_state(self.env, state["env"])
