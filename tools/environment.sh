# shellcheck shell=bash
# What the tools agree on: which PostgreSQL they use, where its private copy lies, who runs a server.
# Sourced, never run. It only reads the machine; tools/setup is what changes it.
#
# Variables that a caller may set:
#   PG_MAJOR         the PostgreSQL version (13 to 18); otherwise 15, or the newest one installed when 15 is not
#   CRM_ACCESS_HOME  where the private copy of the server lies; otherwise a cache directory

# One place for the pgrx version: the manifest pins it, and cargo-pgrx has to be exactly the same.
pgrx_version() {
  sed -n 's/^pgrx = .*version = "=\([0-9.]*\)".*/\1/p' Cargo.toml
}

say() { printf '%s\n' "==> $*"; }
note() { printf '%s\n' "    $*"; }
fail() {
  printf '%s\n' "error: $1" >&2
  shift
  local line
  for line in "$@"; do printf '%s\n' "       $line" >&2; done
  exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# PostgreSQL refuses to run as root, so root's servers run as the user that the server package creates.
as_server() {
  if is_root; then runuser -u postgres -- "$@"; else "$@"; fi
}

system_bin() { printf '%s' "/usr/lib/postgresql/$1/bin"; }

# True when version $1 is installed with its server and what an extension is built with.
has_server() { [ -x "$(system_bin "$1")/postgres" ] && [ -d "/usr/include/postgresql/$1/server" ]; }

installed_major() {
  local major
  for major in 15 18 17 16 14 13; do
    if has_server "$major"; then
      printf '%s' "$major"
      return
    fi
  done
}

crm_access_home() {
  if [ -n "${CRM_ACCESS_HOME:-}" ]; then
    printf '%s' "$CRM_ACCESS_HOME"
  elif is_root; then
    # Not below /root: the server's user has to reach it.
    printf '%s' /var/cache/crm-access
  else
    printf '%s' "${XDG_CACHE_HOME:-$HOME/.cache}/crm-access"
  fi
}

# Sets PG_MAJOR, PG_SERVER (the private copy), PG_BIN, PG_CONFIG and PGRLS, and makes cargo-pgrx use them.
use_server() {
  PG_MAJOR=${PG_MAJOR:-$(installed_major)}
  case "$PG_MAJOR" in
    13 | 14 | 15 | 16 | 17 | 18) ;;
    '') fail 'no PostgreSQL server with its development files is installed' 'run tools/setup first' ;;
    *) fail "PG_MAJOR is \`$PG_MAJOR\`, which is not a PostgreSQL version from 13 to 18" ;;
  esac
  HOME_DIR=$(crm_access_home)
  PG_SERVER=$HOME_DIR/pg$PG_MAJOR
  PG_BIN=$PG_SERVER$(system_bin "$PG_MAJOR")
  PG_CONFIG=$PG_BIN/pg_config
  PGRLS=$HOME_DIR/pgrls/bin/pgrls
  export PG_MAJOR PG_CONFIG PGRLS
  # A cargo-pgrx of another version, kept for other projects, stays where it is; ours then lies beside the server.
  local own_pgrx
  own_pgrx=$HOME_DIR/cargo-pgrx-$(pgrx_version)/bin
  if [ -x "$own_pgrx/cargo-pgrx" ]; then
    PATH=$own_pgrx:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    export PATH CARGO_PGRX=$own_pgrx/cargo-pgrx
  fi
  # A registration of another server under this version, made for other projects, stays as it is.
  if [ "$(registered_pg_config)" != "$PG_CONFIG" ]; then export PGRX_PG_CONFIG_PATH=$PG_CONFIG; fi
  # Otherwise cargo-pgrx builds all dependencies once more with a linker flag that only some ARM systems need.
  if [ "$(uname -m)" = x86_64 ]; then export CARGO_PGRX_DISABLE_GC_SECTIONS_WORKAROUND=1; fi
}

# The pg_config that `cargo pgrx` knows under this version, or nothing.
registered_pg_config() {
  local file=${PGRX_HOME:-$HOME/.pgrx}/config.toml
  if [ -r "$file" ]; then sed -n "s/^pg$PG_MAJOR *= *\"\(.*\)\" *$/\1/p" "$file"; fi
}
