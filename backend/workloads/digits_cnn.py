"""A convolutional network in PyTorch on scikit-learn's handwritten digits: 1,797 images of 8×8 pixels, ten classes.

A Ray Tune function trainable. It goes on from a checkpoint with the hyperparameters of its present config, so that
population based training (Jaderberg 2017) can copy one trial's weights into another and perturb its learning rate.
"""

import tempfile
from pathlib import Path
from typing import Any

import torch
from ray import tune
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def train(config: dict[str, Any]) -> None:
    """Trains with AdamW (Loshchilov & Hutter 2019) and reports each epoch.

    Reports accuracy (on the validation quarter, 0 to 1), loss and val_loss (cross-entropy in nats, training and
    validation).

    `config` holds lr, batch_size, channels (of the first convolution; the second has twice as many), dropout,
    weight_decay, epochs and seed.
    """
    torch.set_num_threads(1)
    images, labels, val_images, val_labels = _data()
    training = Training(config)
    if checkpoint := tune.get_checkpoint():
        with checkpoint.as_directory() as folder:
            training.load(Path(folder))
    while training.epoch < int(config.get("epochs", 20)):
        loss = training.run_epoch(images, labels, int(config.get("batch_size", 32)))
        accuracy, val_loss = training.validate(val_images, val_labels)
        with tempfile.TemporaryDirectory() as folder:
            training.save(Path(folder))
            metrics = {"accuracy": accuracy, "loss": loss, "val_loss": val_loss}
            tune.report(metrics, checkpoint=tune.Checkpoint.from_directory(folder))


def _data() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Returns training images (n, 1, 8, 8) with values 0 to 1, their labels (n,), and the same
    for the validation quarter."""
    images, labels = load_digits(return_X_y=True)
    train_x, val_x, train_y, val_y = train_test_split(images, labels, test_size=0.25, random_state=0, stratify=labels)
    first, second = (torch.tensor(each / 16, dtype=torch.float32).reshape(-1, 1, 8, 8) for each in (train_x, val_x))
    return first, torch.tensor(train_y), second, torch.tensor(val_y)


class Training:
    """The network, its optimizer and its progress: everything a checkpoint must hold."""

    def __init__(self, config: dict[str, Any]) -> None:
        torch.manual_seed(int(config.get("seed", 0)))
        self.lr, self.weight_decay = float(config.get("lr", 2e-3)), float(config.get("weight_decay", 1e-2))
        self.dropout = float(config.get("dropout", 0.2))
        self.epoch = 0
        self._build(int(config.get("channels", 16)))

    def _build(self, channels: int) -> None:
        self.channels = channels
        self.network = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, 2 * channels, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(self.dropout),
            nn.Linear(2 * channels * 4 * 4, 10),
        )
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=self.lr, weight_decay=self.weight_decay)

    def run_epoch(self, images: Tensor, labels: Tensor, batch_size: int) -> float:
        """Learns from every image once, in random order, and returns the mean loss of an image."""
        self.network.train()
        total = 0.0
        for batch in torch.split(torch.randperm(len(images)), batch_size):
            loss = cross_entropy(self.network(images[batch]), labels[batch])
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            total += loss.item() * len(batch)
        self.epoch += 1
        return total / len(images)

    @torch.no_grad()
    def validate(self, images: Tensor, labels: Tensor) -> tuple[float, float]:
        """Returns the accuracy, 0 to 1, and the mean loss."""
        self.network.eval()
        scores = self.network(images)
        return (scores.argmax(1) == labels).double().mean().item(), cross_entropy(scores, labels).item()

    def save(self, folder: Path) -> None:
        state = {
            "epoch": self.epoch,
            "channels": self.channels,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }
        torch.save(state, folder / "digits_cnn.pt")

    def load(self, folder: Path) -> None:
        """Takes weights, their shape and the optimizer's moments from the checkpoint; lr and
        weight_decay stay the config's."""
        state = torch.load(folder / "digits_cnn.pt")
        self.epoch = state["epoch"]
        self._build(state["channels"])
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        for group in self.optimizer.param_groups:  # a state_dict holds the hyperparameters too
            group["lr"], group["weight_decay"] = self.lr, self.weight_decay
        torch.set_rng_state(state["random"])
