"""What pages, the command line and notebooks may ask of a reinforcement-learning run."""

from pathlib import Path

from backend.api import house


def snapshots(run_id: str, seed: int) -> list[Path]:
    """Returns the files of the tables a seed's agent had, the earliest first; none if it keeps no table."""
    return sorted((house().settings.run_folder(run_id) / "snapshots" / f"seed-{seed}").glob("*.npz"))
