"""Staples that are replaced in time, and a responder that fails, with a responder that answers as a test wants it."""
import datetime
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import request, site, wait_until
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

HOUR = datetime.timedelta(hours=1)


def utc_now():
    return datetime.datetime.utcnow().replace(microsecond=0)


class Responder:
    """An authority with its responder; `aged` and `revoked` hold names, `asked` counts the answers by name."""

    def __init__(self, folder):
        self.folder, self.fails, self.aged, self.revoked, self.asked = folder, False, set(), set(), {}
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
        self.serials, outer = {}, self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self):
                question = self.rfile.read(int(self.headers["Content-Length"]))
                answer = None if outer.fails else outer.answer(ocsp.load_der_ocsp_request(question).serial_number)
                self.send_response(503 if answer is None else 200)
                self.end_headers()
                self.wfile.write(answer or b"")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.certificate = self.sign(self.name, self.name, self.key.public_key(), x509.BasicConstraints(ca=True, path_length=None))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def sign(self, subject, issuer, public_key, *extensions):
        builder = x509.CertificateBuilder(issuer, subject, public_key, x509.random_serial_number(), utc_now() - HOUR, utc_now() + 24 * HOUR)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, name):
        """A certificate for `name` as configurations name it."""
        key = ec.generate_private_key(ec.SECP256R1())
        url = x509.UniformResourceIdentifier(f"http://127.0.0.1:{self.server.server_port}")
        leaf = self.sign(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), self.name, key.public_key(),
                         x509.SubjectAlternativeName([x509.DNSName(name)]),
                         x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, url)]))
        self.serials[leaf.serial_number], self.asked[name] = (name, leaf), 0
        pem = serialization.Encoding.PEM
        (self.folder / f"{name}.pem").write_bytes(leaf.public_bytes(pem) + self.certificate.public_bytes(pem))
        (self.folder / f"{name}.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))
        return {"certFile": str(self.folder / f"{name}.pem"), "keyFile": str(self.folder / f"{name}.key")}

    def answer(self, serial):
        """Half of the life of one for an aged certificate has passed. The end tells the answers apart."""
        name, leaf = self.serials[serial]
        self.asked[name] += 1
        begin = utc_now() - (2 * HOUR if name in self.aged else 0 * HOUR)
        end = utc_now() + HOUR + self.asked[name] * datetime.timedelta(minutes=1)
        gone = name in self.revoked
        response = ocsp.OCSPResponseBuilder().add_response(
            cert=leaf, issuer=self.certificate, algorithm=hashes.SHA1(), this_update=begin, next_update=end,
            cert_status=ocsp.OCSPCertStatus.REVOKED if gone else ocsp.OCSPCertStatus.GOOD, revocation_time=begin if gone else None,
            revocation_reason=None)
        response = response.responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate)
        return response.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.fixture
def responder(tmp_path):
    one = Responder(tmp_path)
    yield one
    one.server.shutdown()
    one.server.server_close()


def serving(tandem, *certificates):
    tree = site("http://127.0.0.1:1")
    tree["http"]["routers"]["site"]["tls"] = {}
    return tandem(tree | {"tls": {"certificates": list(certificates)}}, static={"ocsp": {}, "metrics": {"prometheus": {}}})


def staple_ends(one, name):
    """When the staple for `name` expires, as a client sees it; None without one."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{one.port}", "-servername", name, "-status"]
    text = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False).stdout
    found = re.search(r"Cert Status: good\n.*\n\s*Next Update: (.*) GMT", text)
    return datetime.datetime.strptime(found[1], "%b %d %H:%M:%S %Y") if found else None


def figure(one, sample):
    """A sample of the page of metrics, or None."""
    found = re.search(rf"^{re.escape(sample)} (\S+)$", request(one.api_port, "/metrics").text, re.M)
    return float(found[1]) if found else None


def test_a_staple_is_replaced_when_half_its_life_has_passed(tandem, responder):
    aged, fresh = responder.issue("aged.test"), responder.issue("fresh.test")
    responder.aged.add("aged.test")
    one = serving(tandem, aged, fresh)
    first = wait_until(lambda: staple_ends(one, "aged.test"), "a staple")
    wait_until(lambda: staple_ends(one, "aged.test") > first, "another staple")
    wait_until(lambda: responder.asked["aged.test"] >= 3, "a third question")
    assert responder.asked["fresh.test"] == 1 and staple_ends(one, "fresh.test")
    assert figure(one, 'tandem_tls_ocsp_staples{state="good"}') == 2
    assert figure(one, 'tandem_tls_ocsp_requests_total{result="ok"}') >= 3


def test_a_staple_stays_in_force_while_its_responder_fails(tandem, responder):
    certificate = responder.issue("aged.test")
    responder.aged.add("aged.test")
    one = serving(tandem, certificate)
    wait_until(lambda: staple_ends(one, "aged.test"), "a staple")
    responder.fails = True
    wait_until(lambda: "Unable to retrieve OCSP staple for: aged.test" in one.log, "the failure in the log")
    kept = staple_ends(one, "aged.test")
    assert kept is not None
    assert figure(one, "tandem_tls_ocsp_staple_not_after") == kept.replace(tzinfo=datetime.timezone.utc).timestamp()
    assert figure(one, 'tandem_tls_ocsp_requests_total{result="failed"}') >= 1
    assert figure(one, 'tandem_tls_ocsp_staples{state="good"}') == 1


def test_a_responder_that_failed_is_asked_again_soon(tandem, responder):
    responder.fails = True
    one = serving(tandem, responder.issue("a.test"))
    failed = 'tandem_tls_ocsp_requests_total{result="failed"}'
    wait_until(lambda: figure(one, failed) == 1, "a question")
    responder.fails = False
    wait_until(lambda: staple_ends(one, "a.test"), "a staple", seconds=30)
    assert figure(one, failed) == 1


def test_revoked_certificates_are_counted(tandem, responder):
    responder.revoked.add("a.test")
    one = serving(tandem, responder.issue("a.test"))
    wait_until(lambda: figure(one, 'tandem_tls_ocsp_staples{state="revoked"}') == 1, "an answer")
    assert figure(one, 'tandem_tls_ocsp_staples{state="missing"}') == 0


def test_certificates_without_a_staple_are_counted(tandem, responder):
    responder.fails = True
    one = serving(tandem, responder.issue("a.test"))
    wait_until(lambda: figure(one, 'tandem_tls_ocsp_requests_total{result="failed"}') >= 1, "a question")
    assert figure(one, 'tandem_tls_ocsp_staples{state="missing"}') == 1
    assert figure(one, "tandem_tls_ocsp_staple_not_after") is None
