"""Where things are: the RAYDECK_* environment and every path that follows from it."""

import hashlib
import re
import tempfile
from pathlib import Path

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from backend.errors import BadSettings

ROOT = Path(__file__).resolve().parent.parent
_HOST = re.compile(r"[\w.-]+|\[[0-9A-Fa-f:.]+\]")


def read_settings() -> "Settings":
    """Returns the settings of this process's environment.

    Raises:
        BadSettings: a variable holds what it cannot; the message names each.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"RAYDECK_{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()
        )
        raise BadSettings(f"The environment cannot be used. {problems}") from None


class Settings(BaseSettings):
    """Read once at start; immutable afterwards."""

    model_config = SettingsConfigDict(env_prefix="RAYDECK_", frozen=True, populate_by_name=True)

    home: Path = Field(
        default=ROOT / "data", description="Folder of the database, the runs' files and the user's code."
    )
    db: str = Field(default="", description="SQLAlchemy URL of the database; SQLite under home when empty.")
    port: int = Field(
        default=8501, ge=1, le=65535, description="Port of the web app; the next free one if it is taken."
    )
    allowed_hosts: str = Field(
        default="",
        description=(
            "Names, with commas between them, by which browsers may reach the web app beside those of this machine's"
            " loopback."
        ),
    )
    autostart: bool = Field(
        default=True, description="Whether the app starts the local head by itself, at its start and for a run."
    )
    slots: int = Field(default=2, ge=1, description="How many runs the local head lets run at once.")
    reconcile_s: float = Field(
        default=5.0, gt=0, description="Seconds between two looks at whether what is stored is still true."
    )
    silent_s: float = Field(
        default=10.0, gt=0, description="Seconds without a heartbeat after which a run is looked into."
    )
    stop_s: float = Field(
        default=18.0, gt=0, description="Seconds after which a driver that does not stop is ended by Ray."
    )
    backups: int = Field(
        default=0, ge=0, description="How many nightly copies of the database the app keeps in the home; 0 for none."
    )
    ray_address: str = Field(
        default="",
        validation_alias=AliasChoices("RAY_ADDRESS", "ray_address"),
        description="Head to attach to (host:port or http://host:port) instead of starting one.",
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().resolve()

    @field_validator("allowed_hosts")
    @classmethod
    def _names(cls, hosts: str) -> str:
        if wrong := [each for each in hosts.split(",") if each.strip() and not _HOST.fullmatch(each.strip())]:
            raise ValueError(
                f"“{wrong[0].strip()}” must be a name alone, such as raydeck.example.com: no scheme, no port"
            )
        return hosts

    @field_validator("db")
    @classmethod
    def _absolute_file(cls, url: str) -> str:
        """A driver works in another folder: an SQLite path must mean the same file there."""
        head, separator, path = url.partition("sqlite:///")
        return (
            f"sqlite:///{Path(path).expanduser().resolve()}"
            if separator and not head and path and path != ":memory:"
            else url
        )

    @property
    def database_url(self) -> str:
        return self.db or f"sqlite:///{self.home / 'raydeck.db'}"

    @property
    def runs_folder(self) -> Path:
        return self.home / "runs"

    def run_folder(self, run_id: str) -> Path:
        return self.runs_folder / run_id

    def driver_log(self, run_id: str) -> Path:
        return self.run_folder(run_id) / "driver.log"

    @property
    def workloads_folder(self) -> Path:
        """The user's own code."""
        return self.home / "workloads"

    @property
    def environments_folder(self) -> Path:
        """What was read of Gymnasium's registry and of the user's own environments, with their pictures."""
        return self.home / "environments"

    @property
    def helpers_folder(self) -> Path:
        """What helpers are given to do, and their logs."""
        return self.home / "helpers"

    @property
    def inputs_folder(self) -> Path:
        """The rows of files that fan-outs were given, by what they say."""
        return self.home / "inputs"

    @property
    def models_folder(self) -> Path:
        """Checkpoints that were given a name."""
        return self.home / "models"

    @property
    def backups_folder(self) -> Path:
        """Copies of the database."""
        return self.home / "backups"

    @property
    def drafts_folder(self) -> Path:
        """Notes for reports that are being written."""
        return self.home / "drafts"

    @property
    def defaults_file(self) -> Path:
        """Parameters that forms begin with instead of the catalogue's."""
        return self.home / "defaults.json"

    @property
    def head_file(self) -> Path:
        """What we know of the head we started: process, port, temp dir."""
        return self.home / "cluster.json"

    @property
    def head_log(self) -> Path:
        return self.home / "cluster.log"

    @property
    def token_file(self) -> Path:
        """Ray's authentication token; under home, never ~/.ray, which would change the user's other heads."""
        return self.home / "ray_token"

    @property
    def driver_environment(self) -> Path:
        """What drivers read into their environment: the database's URL above all."""
        return self.home / "driver.env"

    @property
    def ray_temp_dir(self) -> Path:
        """Short, since Ray puts socket paths of at most 107 characters under it; one per home."""
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:8]
        return Path(tempfile.gettempdir()) / f"raydeck-{digest}"

    def lock_file(self, name: str) -> Path:
        return self.home / f"{name}.lock"
