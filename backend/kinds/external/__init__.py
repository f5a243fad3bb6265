"""What somebody's own script records: never launched."""

from backend.kinds.base import Kind

KIND = Kind(
    id="external",
    title="Your own script",
    part="trial",
    code="backend.kinds.external.work",
    page="pages.kinds.external.view",
    launches=False,
    no_more_seeds=(
        "A script of your own recorded these runs: run it again with other seeds, and add the runs to this page."
    ),
)
