"""What the teaching agents share: network, progress, checkpoints and reports. How each learns stands in its own file.

A checkpoint is one file: network (with its running mean and variance), optimiser, counters and random states.
"""

import math
import tempfile
import time
from collections import deque
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any, Protocol

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from gymnasium.wrappers import NormalizeReward
from numpy.typing import NDArray
from ray import tune
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, Normal

from backend.workloads.environment import WINDOW, Policy, evaluate, evaluation_seeds, make, starting_point

FILE = "agent.pt"
CHECKPOINT_SECONDS = 0.5
CLIP = 10.0  # standard deviations; what lies farther off is no more than noise to a network


class Agent(Protocol):
    """What is trained. `learn` is one iteration: it counts env steps and episodes, and returns learner/… metrics."""

    network: "ActorCritic"
    progress: "Progress"

    def learn(self) -> dict[str, float]: ...
    def state(self) -> dict[str, Any]: ...
    def load(self, state: dict[str, Any]) -> None: ...


def run(agent: Agent, config: dict[str, Any]) -> None:
    """Trains an agent until a criterion in `config["stop"]` is met, and reports, evaluates and saves it on the way."""
    progress, test_env = agent.progress, make(config, learns=False)
    if start := starting_point(config):
        agent.load(_read(start))
    saved_at = time.monotonic()
    while not progress.is_done():
        began = time.perf_counter()
        learned = agent.learn()
        progress.time_s += time.perf_counter() - began
        metrics = progress.metrics() | learned
        every = config["evaluation"]["every"]
        if is_tested := bool(every) and progress.iteration % every == 0:
            metrics |= evaluate(agent.network.greedy, test_env, evaluation_seeds(config))
        if not (is_tested or progress.is_done() or time.monotonic() - saved_at >= CHECKPOINT_SECONDS):
            tune.report(metrics)
            continue
        with tempfile.TemporaryDirectory() as folder:
            torch.save(agent.state(), Path(folder) / FILE)
            tune.report(metrics, checkpoint=tune.Checkpoint.from_directory(folder))
        saved_at = time.monotonic()
    test_env.close()


def policy(folder: Path, config: dict[str, Any]) -> Policy:
    """Returns what the checkpoint in `folder` does without exploring."""
    torch.set_num_threads(1)
    env = make(config, learns=False)
    network = ActorCritic(env, config)
    env.close()
    network.load_state_dict(_read(folder)["network"])
    return network.greedy


def _read(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / FILE, weights_only=True)
    return state


class ActorCritic(nn.Module):
    """Two networks side by side: the policy π(a|s), and the critic V(s), which says what a state is worth.

    Discrete actions have a softmax over the policy's outputs; box actions a normal distribution for each dimension,
    whose mean is the output and whose deviation is learned, in units where the space reaches from -1 to 1.
    """

    mean: Tensor
    variance: Tensor
    seen: Tensor

    def __init__(self, env: gymnasium.Env[Any, Any], config: dict[str, Any]) -> None:
        super().__init__()
        if not isinstance(env.observation_space, Box):
            raise TypeError(f"{config['algorithm']} needs box observations, not {env.observation_space}")
        if not isinstance(env.action_space, Box | Discrete):
            raise TypeError(f"{config['algorithm']} needs discrete or box actions, not {env.action_space}")
        self.space = env.action_space
        self.normalizes = bool((config.get("wrappers") or {}).get("normalize_observation"))
        inputs, hidden = math.prod(env.observation_space.shape), config["params"]["hidden"]
        outputs = int(self.space.n) if isinstance(self.space, Discrete) else math.prod(self.space.shape)
        self.actor = perceptron([inputs, *hidden, outputs], last_gain=0.01)  # nearly even at first
        self.critic = perceptron([inputs, *hidden, 1], last_gain=1.0)
        if isinstance(self.space, Box):
            self.log_deviation = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("mean", torch.zeros(inputs, dtype=torch.float64))
        self.register_buffer("variance", torch.ones(inputs, dtype=torch.float64))
        self.register_buffer("seen", torch.tensor(0.0, dtype=torch.float64))

    def forward(self, observations: Any) -> tuple[Distribution, Tensor]:
        """Returns the distributions of actions in `n` observations, and the observations' values, shape [n]."""
        inputs = self._inputs(observations)
        return self._distribution(self.actor(inputs)), self.critic(inputs).squeeze(-1)

    def values(self, observations: Any) -> Tensor:
        """Returns the values of `n` observations, shape [n]."""
        return self.critic(self._inputs(observations)).squeeze(-1)

    @torch.no_grad()
    def sample(self, observations: Any) -> NDArray[Any]:
        """Draws an action for each of `n` observations; they are the distribution's, not yet the environment's."""
        return self._distribution(self.actor(self._inputs(observations))).sample().numpy()

    @torch.no_grad()
    def greedy(self, observation: Any) -> Any:
        """Returns the likeliest action for one observation, as the environment takes it."""
        output = self.actor(self._inputs(np.asarray(observation)[None]))[0]
        return self.to_env(output.argmax().numpy() if isinstance(self.space, Discrete) else output.numpy())

    def to_env(self, action: NDArray[Any]) -> Any:
        """Returns what the environment takes for one action that was drawn."""
        if isinstance(self.space, Discrete):
            return int(action) + int(self.space.start)
        low, high = self.space.low, self.space.high
        bounded = np.isfinite(low) & np.isfinite(high)
        middle, half = np.where(bounded, (low + high) / 2, 0.0), np.where(bounded, (high - low) / 2, 1.0)
        return np.clip(middle + half * action.reshape(self.space.shape), low, high).astype(self.space.dtype)

    def see(self, observations: NDArray[Any]) -> None:
        """Moves the running mean and variance towards `n` more observations (Chan et al.

        1979), if they are used at all.
        """
        if not self.normalizes:
            return
        batch = torch.as_tensor(observations, dtype=torch.float64).flatten(1)
        total, apart = self.seen + len(batch), batch.mean(0) - self.mean
        squares = (
            self.variance * self.seen
            + batch.var(0, correction=0) * len(batch)
            + apart**2 * self.seen * len(batch) / total
        )
        self.mean += apart * len(batch) / total
        self.variance.copy_(squares / total)
        self.seen.copy_(total)

    def _inputs(self, observations: Any) -> Tensor:
        inputs = torch.as_tensor(observations, dtype=torch.float32).flatten(1)
        if not self.normalizes:
            return inputs
        return ((inputs - self.mean.float()) / (self.variance.float() + 1e-8).sqrt()).clamp(-CLIP, CLIP)

    def _distribution(self, outputs: Tensor) -> Distribution:
        if isinstance(self.space, Discrete):
            return Categorical(logits=outputs, validate_args=False)
        return Independent(Normal(outputs, self.log_deviation.exp(), validate_args=False), 1, validate_args=False)


def perceptron(sizes: list[int], last_gain: float) -> nn.Sequential:
    """Returns layers with tanh between them, their weights orthogonal (Saxe et al. 2014)."""
    layers: list[nn.Module] = []
    for number, (inputs, outputs) in enumerate(pairwise(sizes), 1):
        is_last = number == len(sizes) - 1
        layer = nn.Linear(inputs, outputs)
        nn.init.orthogonal_(layer.weight, last_gain if is_last else math.sqrt(2))
        nn.init.zeros_(layer.bias)
        layers += [layer] if is_last else [layer, nn.Tanh()]
    return nn.Sequential(*layers)


def backward(loss: Tensor, network: nn.Module, grad_clip: float, iteration: int) -> float:
    """Computes the gradient, shortens it to `grad_clip`, and returns its norm before.

    Raises:
        FloatingPointError: the loss or the gradient is not finite; nothing can be learned from it.
    """
    network.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    norm = float(nn.utils.clip_grad_norm_(network.parameters(), grad_clip))
    for what, value in (("loss", loss.item()), ("norm of the gradient", norm)):
        if not math.isfinite(value):
            raise FloatingPointError(
                f"the {what} is {value} in iteration {iteration}: try a smaller learning rate, and see that no reward"
                " or observation is NaN"
            )
    return norm


class Progress:
    """How far a training is.

    Returns and lengths are of the last 100 episodes, rewards as the environment gives them.
    """

    def __init__(self, stop: dict[str, float]) -> None:
        self.stop = stop
        self.episodes = self.env_steps = self.iteration = 0
        self.time_s = 0.0  # of training alone
        self.returns: deque[float] = deque(maxlen=WINDOW)
        self.lengths: deque[int] = deque(maxlen=WINDOW)
        self.reported = (0, 0.0)  # env steps and time at the last report, for the speed

    def end_episode(self, total: float, length: int) -> None:
        self.episodes += 1
        self.returns.append(float(total))
        self.lengths.append(int(length))

    def share(self) -> float:
        """Returns how much of the run is done, 0 to 1, by whichever limit is nearest."""
        done = {
            "episodes": self.episodes,
            "env_steps": self.env_steps,
            "iteration": self.iteration,
            "time_s": self.time_s,
        }
        return min(1.0, max(done[key] / limit for key, limit in self.stop.items() if key in done))

    def is_done(self) -> bool:
        goal = self.stop.get("return_mean")
        reached = goal is not None and len(self.returns) == WINDOW and fmean(self.returns) >= goal
        return reached or self.share() >= 1.0

    def metrics(self) -> dict[str, float]:
        """Counts an iteration and returns its metrics; those of episodes are left out while none has ended."""
        self.iteration += 1
        steps, seconds = self.env_steps - self.reported[0], self.time_s - self.reported[1]
        self.reported = (self.env_steps, self.time_s)
        metrics = {
            "episodes": self.episodes,
            "env_steps": self.env_steps,
            "iteration": self.iteration,
            "steps_per_second": steps / seconds if seconds else 0.0,
            "time_s": self.time_s,
        }
        if not self.returns:
            return metrics
        return metrics | {
            "return_mean": fmean(self.returns),
            "return_min": min(self.returns),
            "return_max": max(self.returns),
            "return_episodes": len(self.returns),
            "episode_length": fmean(self.lengths),
        }

    def state(self) -> list[Any]:
        return [self.episodes, self.env_steps, self.iteration, self.time_s, list(self.returns), list(self.lengths)]

    def load(self, state: list[Any]) -> None:
        self.episodes, self.env_steps, self.iteration, self.time_s, returns, lengths = state
        self.returns.extend(returns)
        self.lengths.extend(lengths)
        self.reported = (self.env_steps, self.time_s)


def env_state(env: gymnasium.Env[Any, Any]) -> dict[str, Any]:
    """Returns what an environment keeps from one episode to the next: its random state and the scale of its rewards."""
    state: dict[str, Any] = {"random": env.unwrapped.np_random.bit_generator.state}
    if isinstance(env, NormalizeReward):
        scale = env.return_rms
        state["rewards"] = [float(scale.mean), float(scale.var), float(scale.count), env.discounted_reward.tolist()]
    return state


def load_env_state(env: gymnasium.Env[Any, Any], state: dict[str, Any]) -> None:
    env.unwrapped.np_random.bit_generator.state = state["random"]
    if isinstance(env, NormalizeReward) and "rewards" in state:
        scale = env.return_rms
        scale.mean, scale.var, scale.count, running = state["rewards"]
        env.discounted_reward = np.array(running)


def env_seeds(seed: int, count: int) -> list[int]:
    """Returns seeds for several environments that have nothing in common."""
    return [int(each) for each in np.random.SeedSequence(seed).generate_state(count)]
