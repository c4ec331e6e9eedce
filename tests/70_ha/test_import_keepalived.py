"""`tandem import keepalived`: the section `ha` that it writes passes `tandem check` and gives the described roles; what it cannot translate
is named."""
import json
import subprocess

import pytest
import yaml
from conftest import PROGRAM

CONFIGURATION = """! of node {node}
global_defs {{
    router_id traefik-{node}
    enable_script_security
    script_user root
}}

vrrp_script check_traefik {{
    script "/run/ha-lab/check.sh"   # the service's own check
    interval 2
    timeout 3
    weight {weight}
    fall 2   # twice in a row
    rise 2
}}

vrrp_instance VI_1 {{
    state {state}
    interface eth0
    virtual_router_id 51
    priority {priority}
    {protocol}
    virtual_ipaddress {{
        192.168.1.100/24 dev eth0
    }}
    track_script {{
        check_traefik
    }}
    notify_master "/run/ha-lab/notify.sh MASTER"
    notify_backup "/run/ha-lab/notify.sh BACKUP"
    notify_fault "/run/ha-lab/notify.sh FAULT"
}}
"""
V2 = "advert_int 1\n    authentication {\n        auth_type PASS\n        auth_pass s3cr3tpw\n    }"
V3 = "version 3\n    advert_int 0.1"


@pytest.fixture
def run(tmp_path):
    """Runs the program in a folder of its own."""

    def start(*arguments):
        return subprocess.run([PROGRAM, *arguments], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)

    return start


def write(tmp_path, node=1, state="MASTER", priority=200, weight=-20, protocol=V2):
    path = tmp_path / "keepalived.conf"
    path.write_text(CONFIGURATION.format(node=node, state=state, priority=priority, weight=weight, protocol=protocol))
    return path


@pytest.mark.parametrize("state,priority", [("MASTER", 200), ("BACKUP", 100)])
@pytest.mark.parametrize("protocol", [V2, V3], ids=["v2", "v3"])
def test_both_nodes_of_a_pair_are_translated(run, tmp_path, state, priority, protocol):
    write(tmp_path, state=state, priority=priority, weight=0, protocol=protocol)
    done = run("import", "keepalived", "keepalived.conf")
    assert done.returncode == 0, done.stderr
    ha = yaml.safe_load(done.stdout)["ha"]
    # 100 and 51, version 3, 200 are the defaults of one side each: what is left out is what tandem does anyway.
    assert ha.get("priority", 200) == priority
    assert ha.get("version", 3) == (2 if protocol == V2 else 3)
    assert ha["advertInterval"] == ("1s" if protocol == V2 else "100ms")
    assert ha["virtualAddresses"] == ["192.168.1.100/24"] and ha["interface"] == "eth0"
    assert ha["preempt"] is True and ha["preemptDelay"] == "0s"
    assert ha["track"]["scripts"][0]["command"] == "/run/ha-lab/check.sh"
    assert ha["notify"]["onFault"] == "/run/ha-lab/notify.sh FAULT"


def test_what_was_written_passes_check(run, tmp_path):
    write(tmp_path)
    assert run("import", "keepalived", "keepalived.conf", "--output", "tandem.yml").returncode == 0
    report = json.loads(run("check", "--json", "--configFile=tandem.yml").stdout)
    assert report["errors"] == []


def test_an_existing_file_is_left_alone(run, tmp_path):
    write(tmp_path)
    (tmp_path / "tandem.yml").write_text("api: {}\n")
    done = run("import", "keepalived", "keepalived.conf", "--output=tandem.yml")
    assert done.returncode == 2 and "tandem.yml" in done.stderr
    assert (tmp_path / "tandem.yml").read_text() == "api: {}\n"


def test_a_weight_that_cannot_fail_over_is_told_and_refused_when_strict(run, tmp_path):
    write(tmp_path)
    done = run("import", "keepalived", "keepalived.conf", "--peer-priority", "100")
    assert done.returncode == 0
    assert "keepalived.conf:17: warning: " in done.stderr and "200 - 20 = 180" in done.stderr and "weight -101" in done.stderr
    done = run("import", "keepalived", "keepalived.conf", "--peer-priority=100", "--strict")
    assert done.returncode == 1 and "error: vrrp_instance VI_1: 200 - 20 = 180" in done.stderr
    write(tmp_path, weight=-120)
    assert run("import", "keepalived", "keepalived.conf", "--peer-priority=100", "--strict").returncode == 0


def test_what_cannot_be_translated_is_named_and_the_rest_is_written(run, tmp_path):
    path = write(tmp_path)
    path.write_text(path.read_text() + "virtual_server 192.168.1.100 80 {\n    delay_loop 6\n}\nquorum_of_nobody 3\n")
    done = run("import", "keepalived", "keepalived.conf")
    assert done.returncode == 1
    assert "not translated: virtual_server: " in done.stderr and "quorum_of_nobody: unknown keyword" in done.stderr
    assert yaml.safe_load(done.stdout)["ha"]["virtualAddresses"] == ["192.168.1.100/24"]


def test_lines_of_other_nodes_do_not_count(run, tmp_path):
    (tmp_path / "keepalived.conf").write_text(
        "vrrp_instance A {\n  interface eth0\n  @one priority 200\n  @two priority 150\n  virtual_ipaddress {\n    10.0.0.1/24\n  }\n}\n")
    assert yaml.safe_load(run("import", "keepalived", "--id", "two", "keepalived.conf").stdout)["ha"]["priority"] == 150


@pytest.mark.parametrize("arguments", [(), ("keepalived",), ("haproxy", "x"), ("keepalived", "missing.conf"), ("keepalived", "x", "--loud"),
                                       ("keepalived", "x", "--peer-priority=0")])
def test_what_makes_no_sense_is_an_error(run, arguments):
    done = run("import", *arguments)
    assert done.returncode == 2 and done.stderr and not done.stdout


def test_its_help_tells_the_exit_codes(run):
    done = run("import", "--help")
    assert done.returncode == 0 and "Exit code" in done.stdout
