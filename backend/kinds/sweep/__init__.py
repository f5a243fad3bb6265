"""Hyperparameter sweeps: trials of a trainable, proposed by a search."""

from backend.kinds.base import Axis, Kind

KIND = Kind(
    id="sweep",
    title="Hyperparameter sweep",
    part="trial",
    code="backend.kinds.sweep.work",
    page="pages.kinds.sweep.view",
    axes=(Axis("step", "Iteration"), Axis("time", "Clock")),
    no_more_seeds=(
        "The trials of a sweep are no seeds: add samples on the sweep's page, or promote its best trial with more"
        " seeds."
    ),
)
