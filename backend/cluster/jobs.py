"""Ray's Jobs API over HTTP (REST of ray.job_submission, without its import cost)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx

from backend.errors import ClusterUnavailable

TIMEOUT = httpx.Timeout(10.0, connect=2.0)


class JobStatus(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    GONE = "GONE"  # this head knows no such job


@dataclass(frozen=True)
class Job:
    status: JobStatus
    exit_code: int | None = None
    message: str = ""

    @property
    def is_alive(self) -> bool:
        return self.status in (JobStatus.PENDING, JobStatus.RUNNING)


@dataclass(frozen=True)
class Load:
    """What Ray has given out: CPUs and slots, taken and total."""

    cpus_taken: float
    cpus: float
    slots_taken: float
    slots: float
    resources: dict[str, float] = field(default_factory=dict)  # all there is in total, by Ray's names; memory in bytes


class JobsClient:
    """Speaks to one head's dashboard at `url` with its authentication token."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.url = url
        self._http = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT, trust_env=False)

    def answers(self) -> bool:
        """Returns whether the head is up and takes jobs."""
        try:
            return self._http.get("/api/version", timeout=5).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def submit(self, job_id: str, entrypoint: str, resources: dict[str, float]) -> None:
        """Submits a job; submitting the same id again is the same as submitting it once.

        Raises:
            ClusterUnavailable: the head does not answer or refuses the job.
        """
        body = {
            "submission_id": job_id,
            "entrypoint": entrypoint,
            "entrypoint_num_cpus": 0,
            "entrypoint_resources": resources,
        }
        response = self._call("POST", "/api/jobs/", json=body)
        if response.status_code != httpx.codes.OK and "already exists" not in response.text:
            raise ClusterUnavailable(f"Ray at {self.url} refused the job: {response.text.strip()[-300:]}")

    def job(self, job_id: str) -> Job:
        """Returns what the head knows of a job.

        Raises:
            ClusterUnavailable: the head does not answer.
        """
        response = self._call("GET", f"/api/jobs/{job_id}")
        if response.status_code == httpx.codes.NOT_FOUND:
            return Job(JobStatus.GONE)
        said = self._checked(response).json()
        message = str(said.get("message") or "").split(", last available logs")[0]
        return Job(JobStatus(said["status"]), said.get("driver_exit_code"), message)

    def stop(self, job_id: str) -> None:
        """Asks Ray to end a job: SIGTERM, and SIGKILL after 3 s."""
        self._call("POST", f"/api/jobs/{job_id}/stop")

    def load(self) -> Load | None:
        """Returns what is taken of the cluster; Ray refreshes these numbers every few seconds, and
        a new head has none yet."""
        said = self._checked(self._call("GET", "/api/cluster_status")).json()
        usage: dict[str, Any] = ((said["data"].get("clusterStatus") or {}).get("loadMetricsReport") or {}).get(
            "usage"
        ) or {}
        if "CPU" not in usage:
            return None
        cpus, slots = usage["CPU"], usage.get("raydeckSlot", (0, 0))
        return Load(cpus[0], cpus[1], slots[0], slots[1], {name: total for name, (_, total) in usage.items()})

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise ClusterUnavailable(
                f"Ray at {self.url} asks for a token. Set RAY_AUTH_TOKEN_PATH to the file that holds it."
            )
        if response.status_code != httpx.codes.OK:
            raise ClusterUnavailable(
                f"Ray at {self.url} answered {response.status_code}: {response.text.strip()[:200]}"
            )
        return response

    def _call(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise ClusterUnavailable(f"Ray does not answer at {self.url}: {error}") from None
