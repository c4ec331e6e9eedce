"""TLS towards servers: every option of a transport by a request that is answered and one that is not."""
import ssl

import pytest
from conftest import site
from tls_tools import FILES, TlsBackend, pair


@pytest.fixture
def secure_backend():
    started = []

    def start(**how):
        started.append(TlsBackend(**how))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def over(url, transport):
    dynamic = site(url, serversTransport="t")
    dynamic["http"]["serversTransports"] = {"t": transport}
    return dynamic


CA = {"rootCAs": [str(FILES / "ca.pem")]}


@pytest.mark.parametrize("transport, expected", [
    ({}, 500),
    ({"insecureSkipVerify": True}, 200),
    (CA, 200),
    ({"rootCAs": [(FILES / "ca.pem").read_text()]}, 200),
    ({"rootCAs": [str(FILES / "other_ca.pem")]}, 500),
    (CA | {"serverName": "b.test"}, 200),
    (CA | {"serverName": "c.test"}, 500),
    (CA | {"peerCertURI": "spiffe://test/server"}, 200),
    (CA | {"peerCertURI": "spiffe://test/other"}, 500),
    (CA | {"minVersion": "VersionTLS13"}, 200),
    (CA | {"maxVersion": "VersionTLS11", "minVersion": "VersionTLS11"}, 502),
    (CA | {"minVersion": "VersionTLS13", "maxVersion": "VersionTLS12"}, 500),
    (CA | {"maxVersion": "VersionTLS12", "cipherSuites": ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]}, 200),
    (CA | {"maxVersion": "VersionTLS12", "cipherSuites": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]}, 502),
    (CA | {"cipherSuites": ["TLS_NOTHING"]}, 500),
    (CA | {"spiffe": {}}, 500),
])
def test_verification_and_versions(tandem, secure_backend, transport, expected):
    one = tandem(over(secure_backend().url, transport))
    assert one.get().status == expected


def test_certificates_for_servers_that_ask(tandem, secure_backend):
    server = secure_backend(client_ca="ca")
    one = tandem(over(server.url, CA | {"certificates": [pair("client")]}))
    assert one.get().body == b"secure"
    assert server.seen[0][1] == ssl.PEM_cert_to_DER_cert((FILES / "client.pem").read_text())


@pytest.mark.parametrize("certificates", [[], [pair("stranger")]])
def test_servers_that_ask_for_another_certificate(tandem, secure_backend, certificates):
    one = tandem(over(secure_backend(client_ca="ca").url, CA | {"certificates": certificates}))
    assert one.get().status == 502


def test_the_name_is_sent_and_addresses_are_not(tandem, secure_backend):
    server = secure_backend()
    one = tandem(over(server.url, CA | {"serverName": "a.test"}))
    assert one.get().status == 200 and server.seen[-1][0] == "a.test"
    two = tandem(over(server.url, CA))
    assert two.get().status == 200 and server.seen[-1][0] is None


def test_connections_are_used_again(tandem, secure_backend):
    server = secure_backend()
    one = tandem(over(server.url, CA))
    assert [one.get().status for _ in range(5)] == [200] * 5
    assert len(server.names) == 1


def test_a_server_without_tls(tandem, backend):
    one = tandem(over(backend().url.replace("http:", "https:"), CA))
    assert one.get().status == 500


def test_the_static_transport(tandem, secure_backend):
    one = tandem(site(secure_backend().url), static={"serversTransport": {"rootCAs": [str(FILES / "ca.pem")]}})
    assert one.get().status == 200
    two = tandem(site(secure_backend().url))
    assert two.get().status == 500
