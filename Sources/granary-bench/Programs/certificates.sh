#!/bin/sh
# certificates.sh FOLDER: a private CA with its list of revoked certificates, a node's certificate, and peers' of every kind (P-256).
set -e
umask 077
mkdir -p "$1"
cd "$1"
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.crt" -days 30 -subj "/CN=bench $1" \
    -addext keyUsage=critical,keyCertSign,cRLSign -addext basicConstraints=critical,CA:true 2> /dev/null
}
# leaf NAME URI AUTHORITY OPTIONS...
leaf() {
  name=$1 uri=$2 authority=$3
  shift 3
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" 2> /dev/null
  printf 'subjectAltName=URI:%s\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:false\n' "$uri" > "$name.ext"
  openssl ca -batch -config "$authority.cnf" -in "$name.csr" -out "$name.crt" -extfile "$name.ext" -notext "$@" 2> /dev/null
}
for name in ca foreign; do
  authority $name
  : > $name.index
  echo 1000 > $name.serial
  cat > $name.cnf <<CNF
[ca]
default_ca = own
[own]
database = $name.index
serial = $name.serial
new_certs_dir = .
certificate = $name.crt
private_key = $name.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
CNF
done
leaf node spiffe://bench/node/1 ca
leaf good spiffe://bench/peer/1 ca
leaf revoked spiffe://bench/peer/2 ca
leaf wrongname spiffe://bench/stranger/1 ca
leaf expired spiffe://bench/peer/3 ca -startdate 20200101000000Z -enddate 20200102000000Z
leaf foreignpeer spiffe://bench/peer/4 foreign
openssl ca -config ca.cnf -revoke revoked.crt 2> /dev/null
openssl ca -config ca.cnf -gencrl -out revoked.pem 2> /dev/null
