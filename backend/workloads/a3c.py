"""A3C, asynchronous advantage actor-critic (Mnih et al. 2016), with Ray actors.

One actor, Parameters, holds the weights. Each Worker plays in an environment of its own, n steps at a time, computes
the gradient of what it saw with the weights it has, and hands it over; Parameters applies it as it comes, without
waiting for the others, and answers with the newest weights. That the workers are at different places makes their steps
as various as those of a replay buffer. A Ray Tune function trainable; the trial's own process only starts, counts and
reports.
"""

import math
from typing import Any

import numpy as np
import ray
import torch
from numpy.typing import NDArray
from ray.exceptions import RayTaskError
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from backend.workloads import torch_agent
from backend.workloads.environment import make, training_env
from backend.workloads.torch_agent import ActorCritic, Progress
from backend.workloads.torch_agent import policy as policy


def train(config: dict[str, Any]) -> None:
    """Trains one agent until a criterion in `config["stop"]` is met; an iteration is `report_steps` env steps of all
    workers.

    Takes a CPU for each worker, in the trial's placement group if it has one.
    """
    torch.set_num_threads(1)
    agent = A3C(config)
    try:
        torch_agent.run(agent, config)
    finally:
        agent.close()


@ray.remote(num_cpus=0)  # it only adds: what it needs is little beside the workers
class Parameters:
    """The shared weights and their optimiser, whose statistics are shared too ("shared RMSProp"
    in the paper; here Adam)."""

    def __init__(self, config: dict[str, Any]) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(config["seed"])
        env = make(config, learns=False)
        self.network = ActorCritic(env, config)
        env.close()
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=config["params"]["lr"], eps=1e-5)
        self.left = 0.0  # env steps of this iteration

    def begin(self, env_steps: float, lr: float) -> None:
        """Begins an iteration of so many env steps."""
        self.left = env_steps
        for group in self.optimizer.param_groups:
            group["lr"] = lr

    def apply(
        self, gradient: NDArray[Any] | None, steps: int, observations: NDArray[Any] | None
    ) -> tuple[list[NDArray[Any]], bool]:
        """Takes an optimiser step; returns the newest weights and statistics, and whether the iteration goes on."""
        if gradient is not None:
            place = 0
            for part in self.network.parameters():
                part.grad = torch.tensor(gradient[place : place + part.numel()]).view_as(part)
                place += part.numel()
            self.optimizer.step()
            self.left -= steps
        if observations is not None:
            self.network.see(observations)
        weights = parameters_to_vector(self.network.parameters()).detach().numpy()
        return [weights, *(each.numpy() for each in self.network.buffers())], self.left > 0

    def state(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])


@ray.remote(num_cpus=1)
class Worker:
    """Plays in an environment of its own and computes gradients."""

    def __init__(self, config: dict[str, Any], parameters: Any, seed: int) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.params, self.parameters = config["params"], parameters
        self.env = training_env(config)
        self.observation, _ = self.env.reset(seed=seed)
        self.network = ActorCritic(self.env, config)

    def work(self, iteration: int) -> tuple[int, list[tuple[float, int]], dict[str, float]]:
        """Plays and hands over gradients until the iteration is over; returns env steps, ended
        episodes and the last losses."""
        done, ended, learned = 0, list[tuple[float, int]](), dict[str, float]()
        goes_on = self.exchange(None, 0, None)
        while goes_on:
            observations, actions, returns = self.play(ended)
            learned = self.differentiate(observations, actions, returns, iteration)
            gradient = parameters_to_vector([weights.grad for weights in self.network.parameters()])  # type: ignore[misc]
            done += len(returns)
            goes_on = self.exchange(gradient.numpy(), len(returns), observations if self.network.normalizes else None)
        return done, ended, learned

    def exchange(self, *work: Any) -> bool:
        """Hands over work, takes the newest weights, and returns whether to go on."""
        (weights, *statistics), goes_on = ray.get(self.parameters.apply.remote(*work))
        with torch.no_grad():
            vector_to_parameters(torch.tensor(weights), self.network.parameters())
            for mine, newest in zip(self.network.buffers(), statistics, strict=True):
                mine.copy_(torch.tensor(newest))
        return bool(goes_on)

    def play(self, ended: list[tuple[float, int]]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Plays n steps, fewer if an episode ends; returns observations, actions and n-step
        returns, each of that length."""
        observations, actions, rewards = list[Any](), list[Any](), list[float]()
        terminated = truncated = False
        while len(rewards) < self.params["n_steps"] and not (terminated or truncated):
            action = self.network.sample(self.observation[None])[0]
            observations.append(self.observation)
            actions.append(action)
            self.observation, reward, terminated, truncated, info = self.env.step(self.network.to_env(action))
            rewards.append(float(reward))
        future = 0.0
        if not terminated:  # the episode goes on, or only a time limit ended it: the critic says what would follow
            with torch.no_grad():
                future = float(self.network.values(self.observation[None]))
        if terminated or truncated:
            ended.append((float(info["episode"]["r"]), int(info["episode"]["l"])))
            self.observation, _ = self.env.reset()
        returns = np.empty(len(rewards))
        for step in reversed(range(len(rewards))):
            future = rewards[step] + self.params["gamma"] * future
            returns[step] = future
        return np.stack(observations), np.stack(actions), returns

    def differentiate(
        self, observations: NDArray[Any], actions: NDArray[Any], returns: NDArray[Any], iteration: int
    ) -> dict[str, float]:
        """Computes the gradient of actor and critic: ∇ log π(a|s) · (R - V(s)), and of (R - V(s))²."""
        targets = torch.as_tensor(returns, dtype=torch.float32)
        distribution, values = self.network(observations)
        policy_loss = -(distribution.log_prob(torch.as_tensor(actions)) * (targets - values.detach())).mean()
        value_loss = (targets - values).square().mean()
        entropy = distribution.entropy().mean()
        loss = policy_loss + self.params["value_coeff"] * value_loss - self.params["entropy_coeff"] * entropy
        norm = torch_agent.backward(loss, self.network, self.params["grad_clip"], iteration)
        return {
            "learner/policy_loss": policy_loss.item(),
            "learner/value_loss": value_loss.item(),
            "learner/entropy": entropy.item(),
            "learner/gradient_norm": norm,
        }

    def state(self) -> dict[str, Any]:
        return {"env": torch_agent.env_state(self.env), "random": torch.get_rng_state()}

    def load(self, state: dict[str, Any]) -> None:
        torch_agent.load_env_state(self.env, state["env"])
        torch.set_rng_state(state["random"])
        self.observation, _ = self.env.reset()


class A3C:
    """The coordinator: starts the actors, counts what they do, and has the weights for evaluation."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.params = config["params"]
        self.progress = Progress(config["stop"])
        env = make(config, learns=False)
        self.network = ActorCritic(env, config)
        env.close()
        self.parameters: Any = Parameters.remote(config)  # type: ignore[attr-defined]
        seeds = torch_agent.env_seeds(config["seed"], self.params["num_workers"])
        self.workers: list[Any] = [Worker.remote(config, self.parameters, seed) for seed in seeds]  # type: ignore[attr-defined]
        self.shared: dict[str, Any] = {}

    def learn(self) -> dict[str, float]:
        """Lets the workers work until `report_steps` env steps are done.

        None waits for another but at an iteration's end.
        """
        lr = self.params["lr"] * (1 - self.progress.share() if self.params["lr_decay"] else 1)
        left = self.progress.stop.get("env_steps", math.inf) - self.progress.env_steps
        ray.get(self.parameters.begin.remote(min(self.params["report_steps"], left), lr))
        try:
            worked = ray.get([worker.work.remote(self.progress.iteration + 1) for worker in self.workers])
        except RayTaskError as error:
            raise error.cause from error  # what went wrong in a worker, rather than that it did in one
        for done, ended, _ in worked:
            self.progress.env_steps += done
            for total, length in ended:
                self.progress.end_episode(total, length)
        self.shared = ray.get(self.parameters.state.remote())
        self.network.load_state_dict(self.shared["network"])
        learned = [each for *_, each in worked if each]
        return {key: float(np.mean([each[key] for each in learned])) for key in (learned[0] if learned else ())}

    def state(self) -> dict[str, Any]:
        workers = ray.get([worker.state.remote() for worker in self.workers])
        return {**self.shared, "progress": self.progress.state(), "workers": workers}

    def load(self, state: dict[str, Any]) -> None:
        """Goes on from a checkpoint; the episodes that were being played begin anew."""
        self.progress.load(state["progress"])
        ray.get(self.parameters.load.remote({"network": state["network"], "optimizer": state["optimizer"]}))
        pairs = zip(self.workers, state["workers"], strict=False)
        ray.get([worker.load.remote(saved) for worker, saved in pairs])

    def close(self) -> None:
        """Ends the actors. Should this process be killed before, Ray ends them with it, since it owns them."""
        for actor in [*self.workers, self.parameters]:
            ray.kill(actor)
