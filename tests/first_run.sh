#!/bin/sh
# Start the paper as a newcomer would, in a copy of what git tracks, and look at it; twice.
set -eu
place=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$place"' EXIT
server=
git ls-files -z | xargs -0 cp --parents -t "$place"
ln -s "$PWD/.venv" "$place/.venv"
cd "$place"
unset SECRET_KEY DEBUG DATABASE_URL REDIS_URL MEDIA_ROOT || true
export PORT=8765
for start in first second; do
  began=$(date +%s)
  make run >"run-$start.log" 2>&1 &
  server=$!
  until curl -sf "http://127.0.0.1:$PORT/readyz" >/dev/null; do
    kill -0 "$server" 2>/dev/null || { cat "run-$start.log"; exit 1; }
    [ $(($(date +%s) - began)) -lt 240 ] || { cat "run-$start.log"; exit 1; }
    sleep 0.2
  done
  took=$(($(date +%s) - began))
  echo "The $start start took ${took}s"
  curl -sf "http://127.0.0.1:$PORT/" | grep -q data-colour
  style=$(curl -sf "http://127.0.0.1:$PORT/" | grep -o '/static/css/site[^"]*')
  curl -sf -H 'Accept-Encoding: br' -o /dev/null -D - "http://127.0.0.1:$PORT$style" | grep -qi 'content-encoding: br'
  kill "$server"
  wait "$server" 2>/dev/null || true
  while curl -s "http://127.0.0.1:$PORT/healthz" >/dev/null; do sleep 0.1; done
done
[ "$took" -le 5 ] || { echo "The second start must take at most 5 s"; exit 1; }
