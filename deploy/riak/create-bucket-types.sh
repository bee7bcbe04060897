#!/usr/bin/env bash
# Makes a Riak cluster ready for the tracker: creates and activates its two bucket types. Run it once, on any node, when all nodes have joined.
# Run again it changes nothing, and says so if a type is there that the tracker cannot use.
#
#   RIAK_ADMIN               how to call `riak admin`, e.g. "docker exec riak riak admin"; default: riak admin
#   RIAK_SWARM_BUCKET_TYPE   default: swarms    } the tracker's own settings
#   RIAK_COUNT_BUCKET_TYPE   default: counts    }
#   RIAK_N_VAL               copies of each object; default: the cluster's own default, which is 3
#   RIAK_SWARM_BACKEND       storage backend of swarms, and of counts, by its name in a multi backend;
#   RIAK_COUNT_BACKEND       default: the cluster's default backend
#   RIAK_READY_SECONDS       how long to wait until all nodes know of a new type; default: 30
#
# Status 0: both types are there, active and right. 1: they are not. 2: a variable cannot be used.
set -euo pipefail

read -ra admin <<<"${RIAK_ADMIN:-riak admin}"
readonly swarm_type=${RIAK_SWARM_BUCKET_TYPE:-swarms}
readonly count_type=${RIAK_COUNT_BUCKET_TYPE:-counts}
readonly n_val=${RIAK_N_VAL:-}
readonly ready_seconds=${RIAK_READY_SECONDS:-30}

misuse() {
  echo "$1" >&2
  exit 2
}

# What is written into JSON below must not need escaping.
for name in "$swarm_type" "$count_type" ${RIAK_SWARM_BACKEND:-} ${RIAK_COUNT_BACKEND:-}; do
  [[ $name =~ ^[A-Za-z0-9_.-]+$ ]] || misuse "$name: takes letters, digits, dots, dashes and underscores"
done
[[ $swarm_type != "$count_type" ]] || misuse "RIAK_SWARM_BUCKET_TYPE and RIAK_COUNT_BUCKET_TYPE are both $swarm_type"
[[ $n_val =~ ^([1-9][0-9]?)?$ ]] || misuse "RIAK_N_VAL: got $n_val, takes a number from 1 to 99"
[[ $ready_seconds =~ ^[0-9]+$ ]] || misuse "RIAK_READY_SECONDS: got $ready_seconds, takes seconds"

# The answer of a bucket-type command, whatever status it ends with: releases of Riak differ in that, their words are the same.
bucket_type() {
  "${admin[@]}" bucket-type "$@" 2>&1 || true
}

# wanted_properties BACKEND PROPERTY...: what a type needs, as `name: value` lines, in the way Riak prints them.
wanted_properties() {
  local backend=$1
  shift
  printf '%s\n' "$@" ${n_val:+"n_val: $n_val"} ${backend:+"backend: $backend"}
}

# json LINES: those lines as bucket-type create takes them.
json() {
  local line props=''
  while IFS= read -r line; do
    local value=${line#*: }
    [[ $value =~ ^(true|false|[0-9]+)$ ]] || value="\"$value\""
    props+="${props:+,}\"${line%%: *}\":$value"
  done <<<"$1"
  echo "{\"props\":{$props}}"
}

# missing_properties STATUS WANTED: the wanted lines that are not in a status. Riak prints some values as <<"binaries">>.
missing_properties() {
  sed -E 's/<<"(.*)">>/\1/' <<<"$1" | grep -vxFf - <(echo "$2") || true
}

# ensure TYPE WANTED: the type is there with those properties, and active, or a message and failure.
ensure() {
  local type=$1 wanted=$2 status answer missing waited=0
  status=$(bucket_type status "$type")
  if [[ $status != *"$type is active"* ]]; then
    case $status in
      *'is not an existing bucket type'* | *'has been created'*) ;;
      *)
        echo "$type: '${admin[*]} bucket-type status' did not answer as Riak does:" >&2
        echo "$status" >&2
        return 1
        ;;
    esac
    # A type that is not active yet may be created again, with other properties.
    answer=$(bucket_type create "$type" "$(json "$wanted")")
    if [[ $answer != *"$type created"* ]]; then
      echo "$type: could not be created:" >&2
      echo "$answer" >&2
      return 1
    fi
    until status=$(bucket_type status "$type") && [[ $status == *'may be activated'* ]]; do
      if ((waited++ >= ready_seconds)); then
        echo "$type: not all nodes know of it after $ready_seconds s: is a node down? Run this again when '${admin[*]} ringready' is content." >&2
        return 1
      fi
      sleep 1
    done
    answer=$(bucket_type activate "$type")
    if [[ $answer != *"$type has been activated"* ]]; then
      echo "$type: could not be activated:" >&2
      echo "$answer" >&2
      return 1
    fi
    status=$(bucket_type status "$type")
    echo "$type: created and activated"
  else
    echo "$type: is there and active"
  fi
  missing=$(missing_properties "$status" "$wanted")
  if [[ -n $missing ]]; then
    echo "$type: has not ${missing//$'\n'/, }" >&2
    if [[ $missing == *datatype* || $missing == *n_val* || $missing == *backend* ]]; then
      echo "  That cannot be changed any more: give the tracker, and this script, the name of a new type." >&2
    else
      echo "  To mend it: ${admin[*]} bucket-type update $type '$(json "$missing")'" >&2
    fi
    return 1
  fi
}

failed=0
# Concurrent announces are kept as siblings, each only until the next write has merged it.
ensure "$swarm_type" "$(wanted_properties "${RIAK_SWARM_BACKEND:-}" 'allow_mult: true' 'dvv_enabled: true')" || failed=1
ensure "$count_type" "$(wanted_properties "${RIAK_COUNT_BACKEND:-}" 'datatype: counter')" || failed=1
exit "$failed"
