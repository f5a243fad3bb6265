"""A local head is this machine's alone: nothing of it listens to others, and it does not mind what the network does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from backend import api
from backend.cluster import head
from backend.settings import ROOT, Settings
from tests.conftest import ENDLESS, LAKE, poll

LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
# A card that gets another address, then is pulled out.
TRAVELS = """
set -e
ip link set lo up
ip link add card type veth peer name router
ip link set router up; ip link set card up; ip addr add 10.9.9.1/24 dev card; ip route add default via 10.9.9.2
RUN="$1 -m backend"
$RUN up
$RUN launch $2 --wait
ip addr del 10.9.9.1/24 dev card; ip addr add 10.8.8.1/24 dev card
$RUN launch $2 --wait
ip link del card
$RUN launch $2 --wait
$RUN status
$RUN down
"""


@pytest.mark.ray
def test_a_local_head_listens_on_loopback_alone(cluster: Path) -> None:
    known = head.known_head(Settings())
    assert known
    run_id = api.launch(ENDLESS)
    poll(lambda: api.run(run_id).reports, "a driver and a worker are there")
    family = {known.pid, *(each.pid for each in psutil.Process(known.pid).children(recursive=True))}
    listening = {
        each.laddr.ip
        for each in psutil.net_connections("inet")
        if each.status == psutil.CONN_LISTEN and each.pid in family
    }
    assert "127.0.0.1" in listening, "its dashboard at least"
    assert listening <= set(LOOPBACK)


@pytest.mark.nightly
@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="a network of its own takes root and unshare"
)
def test_a_laptop_that_changes_its_network_keeps_its_head(tmp_path: Path) -> None:
    spec = tmp_path / "lake.yaml"
    spec.write_text(yaml.safe_dump({**LAKE, "seeds": [1], "stop": {"episodes": 200}}))
    environment = {**os.environ, "RAYDECK_HOME": str(tmp_path / "home")}
    command = ["unshare", "--net", "bash", "-c", TRAVELS, "bash", sys.executable, str(spec)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
