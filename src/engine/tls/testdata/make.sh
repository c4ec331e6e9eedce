#!/bin/sh
# Makes the certificates that tests use: an authority, servers and a client of it, and one of another authority. Run here.
set -e
authority() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10950 -subj "/CN=$2" -keyout "$1.key" -out "$1.pem" 2>/dev/null; }
issue() { # file authority subject extensions
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$3" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  printf '%s\n' "$4" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -days 10950 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
  rm -f "$1.csr" "$1.ext"
}
authority ca "Test CA"
authority other_ca "Other CA"
issue server ca "/CN=a.test" "subjectAltName=DNS:a.test,DNS:B.test,IP:127.0.0.1,URI:spiffe://test/server"
issue wildcard ca "/CN=*.wild.test" "subjectAltName=DNS:*.wild.test"
issue exact ca "/CN=exact.wild.test" "subjectAltName=DNS:exact.wild.test"
issue client ca "/CN=client/O=Test" "extendedKeyUsage=clientAuth"
issue stranger other_ca "/CN=stranger" "extendedKeyUsage=clientAuth"
openssl req -x509 -newkey rsa:2048 -nodes -days 10950 -subj "/CN=rsa.test" -keyout rsa.key -out rsa.pem 2>/dev/null
rm -f other_ca.key
