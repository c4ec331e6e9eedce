"""The access log under load: a full disk, a reader that does not read, rotation. No request waits for it, and nothing is lost
but what it says it dropped."""
import json
import os
import re
import resource
import signal
import socket
import subprocess
import threading

import pytest
from conftest import SECONDS, site, wait_until

REQUESTS = 50_000
BATCH = 100  # requests sent at once on a connection
CLIENTS = 4


def ask(port, count, done):
    """`count` requests that no router takes, in batches; appends how many were answered."""
    batch = b"GET /nobody?x=1 HTTP/1.1\r\nHost: nobody.test\r\n\r\n" * BATCH
    answered = 0
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        for _ in range(count // BATCH):
            connection.sendall(batch)
            seen, rest = 0, b""
            while seen < BATCH:
                data = connection.recv(65536)
                if not data:
                    break
                rest += data
                seen += rest.count(b"HTTP/1.1 404")
                rest = rest[-11:] if b"HTTP/1.1 404" not in rest[-11:] else b""
            answered += seen
    done.append(answered)


class Load:
    """Many requests from several clients, in threads of their own."""

    def __init__(self, port):
        self.done = []
        self.threads = [threading.Thread(target=ask, args=(port, REQUESTS // CLIENTS, self.done)) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def running(self):
        return any(thread.is_alive() for thread in self.threads)

    def finish(self):
        for thread in self.threads:
            thread.join()
        assert sum(self.done) == REQUESTS


def start(tandem, path, **options):
    static = {"log": {"level": "INFO", "noColor": True}, "accessLog": {"filePath": str(path), "format": "json", **options}}
    return tandem(static=static, dynamic=site("http://127.0.0.1:1", rule="Path(`/a`)"))


def dropped(one):
    """How many lines the program says were lost."""
    numbers = re.findall(r"lines were dropped.*dropped=(\d+)", one.log)
    return int(numbers[-1]) if numbers else 0


def counts(text):
    """RequestCount of every complete line; each must be JSON."""
    return [json.loads(line)["RequestCount"] for line in text.splitlines(keepends=True) if line.endswith("\n")]


def check(one, found):
    assert one.stop() == 0
    assert len(found()) + dropped(one) == REQUESTS
    assert len(set(found())) == len(found()) and found() == sorted(found())


def test_every_request_has_a_line_once_the_program_has_ended(tandem, tmp_path):
    one = start(tandem, tmp_path / "deep" / "access.log", bufferingSize=REQUESTS)
    Load(one.port).finish()
    check(one, lambda: counts((tmp_path / "deep" / "access.log").read_text()))
    assert dropped(one) == 0


def test_a_file_at_its_limit_stops_no_request(tandem, tmp_path):
    log = tmp_path / "access.log"
    one = start(tandem, log)
    resource.prlimit(one.process.pid, resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
    Load(one.port).finish()
    assert log.stat().st_size <= 1 << 20
    wait_until(lambda: "Cannot write the access log" in one.log, "the error in the log")
    resource.prlimit(one.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_until(lambda: "The access log is written again" in one.log, "the end of the trouble in the log")
    check(one, lambda: counts(log.read_text()))
    assert dropped(one) > 0


def test_a_full_disk_stops_no_request(tandem, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False).returncode:
        pytest.skip("may not mount")
    try:
        one = start(tandem, disk / "access.log")
        Load(one.port).finish()
        wait_until(lambda: "No space left on device" in one.log, "the error in the log")
        check(one, lambda: counts((disk / "access.log").read_text()))
        assert dropped(one) > 0
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_fifo_that_nobody_reads_stops_no_request(tandem, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    one = start(tandem, fifo)  # there is no reader yet
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        Load(one.port).finish()
        assert one.stop() == 0
        text = b""
        while data := os.read(reader, 65536):
            text += data
        found = counts(text.decode())
        assert 0 < len(found) and len(found) + dropped(one) == REQUESTS
    finally:
        os.close(reader)


def test_rotation_under_load_loses_nothing(tandem, tmp_path):
    log = tmp_path / "access.log"
    one = start(tandem, log, bufferingSize=REQUESTS)
    load = Load(one.port)
    old = []
    while load.running():
        wait_until(lambda: log.exists() and log.stat().st_size > 0 or not load.running(), "lines in the new file")
        old.append(tmp_path / f"access.log.{len(old)}")
        log.rename(old[-1])
        one.process.send_signal(signal.SIGUSR1)
        wait_until(log.exists, "a new file after the signal")
    load.finish()
    assert len(old) > 2
    check(one, lambda: [count for path in [*old, log] for count in counts(path.read_text())])
    assert dropped(one) == 0
    assert one.log.count("Closing and re-opening log files") == len(old)


def test_standard_output_keeps_lines_whole(tandem):
    one = start(tandem, "")
    Load(one.port).finish()
    assert one.stop() == 0
    lines = [json.loads(line) for line in one.log.splitlines() if line.startswith("{")]
    assert len(lines) + dropped(one) == REQUESTS


def test_a_client_that_leaves_has_its_line(tandem, tmp_path, scripted):
    log = tmp_path / "access.log"
    waiting = threading.Event()

    def hang(wire, _number):
        wire.head()
        waiting.set()
        wire.rest_until_closed()  # until the proxy gives up

    one = tandem(static={"accessLog": {"filePath": str(log), "format": "json"}}, dynamic=site(scripted(hang).url))
    with socket.create_connection(("127.0.0.1", one.port), SECONDS) as client:
        client.sendall(b"GET /left HTTP/1.1\r\nHost: x\r\n\r\n")
        assert waiting.wait(SECONDS)
    line = json.loads(wait_until(lambda: log.exists() and log.read_text(), "a line"))
    assert line["DownstreamStatus"] == line["OriginStatus"] == 499
