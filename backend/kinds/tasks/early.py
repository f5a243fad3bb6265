"""What a fan-out's driver does before anything else. Imports nothing but Ray, so that it comes early."""

import ray

MOST = 16


def connect() -> None:
    """Connects to the cluster and lets worker processes start, which takes them longer than it
    takes the driver to be ready."""
    ray.init(log_to_driver=False, configure_logging=False)
    for _ in range(min(MOST, int(ray.cluster_resources().get("CPU", 0)))):
        ray.remote(_get_ready).options(num_cpus=1).remote()


def _get_ready() -> None:
    import backend.kinds.tasks.worker  # noqa: F401
