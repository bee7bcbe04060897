#!/bin/sh
# What the Dockerfile does in its base, each step once:
#   steps.sh build TARGET   in a clone: puts all that runs into TARGET, with TARGET/bin/tracker
#   steps.sh prepare DATA   makes the directory of the store, for the user of the process
set -eu

readonly user=10001

case "${1:-} ${2:-}" in
'build '?*)
  packed=$(mktemp -d)
  npm run pack -- --loglevel=error --pack-destination "$packed" >&2
  # Nothing has to be compiled: the parts in machine code come with their packages.
  npm install --global --prefix "$2" --ignore-scripts --no-audit --no-fund --loglevel=error "$packed"/*.tgz
  rm -r "$packed"
  cp "$0" "$2/steps.sh"
  ;;
'prepare '?*)
  mkdir -p "$2"
  chown "$user:$user" "$2"
  chmod 0750 "$2"
  ;;
*)
  echo 'Usage: steps.sh build TARGET | steps.sh prepare DATA' >&2
  exit 2
  ;;
esac
