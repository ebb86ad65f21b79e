# What the scripts of this folder share; sourced by them. Debian packages are listed here and nowhere else.
# shellcheck shell=bash disable=SC2034

build_packages=(ca-certificates git libsqlite3-dev libssl-dev libyaml-dev pkg-config zlib1g-dev)
try_packages=(aria2 opentracker)
# What builds the Debian package, and what tries it.
package_packages=(debhelper debootstrap dpkg-dev groff-base lintian man-db)
test_packages=(
  aria2 chromium cron curl g++ gcc iproute2 jq libc6-dev libtorrent-rasterbar-dev logrotate mktorrent nginx-light openssl opentracker prometheus python3 python3-jsonschema python3-libtorrent python3-yaml rtorrent systemd tcpdump transmission-cli
  transmission-daemon
)

# say TEXT...: progress, on stderr, apart from what the tools print.
say() {
  printf '==> %s\n' "$*" >&2
}

fail() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# missing_packages PACKAGE...: those that are not installed, one a line.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || printf '%s\n' "$package"
  done
}

# need_packages PACKAGE...: installs what is missing, and touches the package lists only then.
need_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@" | sort -u)
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "these Debian packages are missing, and there is no apt-get: ${missing[*]}"
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  without_services as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >&2
}

# without_services COMMAND...: nothing that the command installs is started as a service: clients and trackers are
# wanted as programs here, and their daemons would take the ports.
without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  "$@" || status=$?
  as_root rm -f "$policy"
  return "$status"
}

need_swift() {
  command -v swift >/dev/null || fail "no swift in PATH: see https://www.swift.org/install/linux/"
}
