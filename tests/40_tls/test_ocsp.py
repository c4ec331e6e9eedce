"""OCSP stapling, with openssl as responder and as client."""
import subprocess
from collections import namedtuple

import pytest
from conftest import site, unused_port, wait_until

Authority = namedtuple("Authority", "folder port")
DATABASE = "{status}\t350101000000Z\t{revoked}\t1000\tunknown\t/CN=a.test\n"


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def authority(tmp_path):
    """A certificate for a.test whose responder listens on `port`, once it is started."""
    folder, port = tmp_path / "ca", unused_port()
    folder.mkdir()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(folder, "req", "-x509", *key, "-subj", "/CN=Test CA", "-days", "30", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(folder, "req", *key, "-subj", "/CN=a.test", "-keyout", "leaf.key", "-out", "leaf.csr")
    (folder / "ext").write_text(f"subjectAltName=DNS:a.test\nauthorityInfoAccess=OCSP;URI:http://127.0.0.1:{port}\n")
    openssl(folder, "x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "0x1000", "-days", "30",
            "-extfile", "ext", "-out", "leaf.pem")
    (folder / "chain.pem").write_text((folder / "leaf.pem").read_text() + (folder / "ca.pem").read_text())
    (folder / "index.txt").write_text(DATABASE.format(status="V", revoked=""))
    return Authority(folder, port)


@pytest.fixture
def responder(authority):
    """Call it to start the responder; with a port of its own, or another signer, if named."""
    started = []

    def start(port=None, signer="ca"):
        command = ["openssl", "ocsp", "-index", "index.txt", "-port", str(port or authority.port), "-rsigner", f"{signer}.pem", "-rkey",
                   f"{signer}.key", "-CA", "ca.pem", "-nmin", "60"]
        with open(authority.folder / "responder.log", "ab") as log:
            started.append(subprocess.Popen(command, cwd=authority.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    yield start
    for process in started:
        process.kill()
        process.wait()


def dynamic(authority):
    tree = site("http://127.0.0.1:1")
    tree["http"]["routers"]["site"]["tls"] = {}
    return tree | {"tls": {"certificates": [{"certFile": str(authority.folder / "chain.pem"), "keyFile": str(authority.folder / "leaf.key")}]}}


def stapled(port):
    """What `openssl s_client -status` says of the staple."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "a.test", "-status"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20).stdout


def test_the_responders_answer_is_stapled(tandem, authority, responder):
    responder()
    wait_until(lambda: b"waiting" in (authority.folder / "responder.log").read_bytes().lower(), "the responder listens")
    one = tandem(dynamic(authority), static={"ocsp": {}})
    wait_until(lambda: "Cert Status: good" in stapled(one.port), one.log)


def test_without_the_option_nobody_is_asked(tandem, authority, responder):
    responder()
    one = tandem(dynamic(authority))
    assert "OCSP response: no response sent" in stapled(one.port)


def test_another_responder_can_be_named(tandem, authority, responder):
    other = unused_port()
    responder(port=other)
    wait_until(lambda: b"waiting" in (authority.folder / "responder.log").read_bytes().lower(), "the responder listens")
    overrides = {f"http://127.0.0.1:{authority.port}": f"http://127.0.0.1:{other}"}
    one = tandem(dynamic(authority), static={"ocsp": {"responderOverrides": overrides}})
    wait_until(lambda: "Cert Status: good" in stapled(one.port), one.log)


def test_a_responder_that_fails_is_logged_and_nothing_is_stapled(tandem, authority):
    one = tandem(dynamic(authority), static={"ocsp": {}})
    wait_until(lambda: "Unable to retrieve OCSP staple for: a.test" in one.log, "a message")
    assert "OCSP response: no response sent" in stapled(one.port)


def test_an_answer_that_is_not_signed_by_the_issuer_is_not_stapled(tandem, authority, responder):
    openssl(authority.folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Stranger", "-keyout", "other.key", "-out", "other.pem")
    responder(signer="other")
    wait_until(lambda: b"waiting" in (authority.folder / "responder.log").read_bytes().lower(), "the responder listens")
    one = tandem(dynamic(authority), static={"ocsp": {}})
    wait_until(lambda: "not signed by the issuer" in one.log, one.log)
    assert "OCSP response: no response sent" in stapled(one.port)


def test_a_revoked_certificate_is_reported_and_its_staple_says_so(tandem, authority, responder):
    (authority.folder / "index.txt").write_text(DATABASE.format(status="R", revoked="250101000000Z"))
    responder()
    wait_until(lambda: b"waiting" in (authority.folder / "responder.log").read_bytes().lower(), "the responder listens")
    one = tandem(dynamic(authority), static={"ocsp": {}})
    wait_until(lambda: "Cert Status: revoked" in stapled(one.port), one.log)
    assert "A certificate was revoked" in one.log
