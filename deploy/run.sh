#!/bin/sh
# Serve the paper and work its mail: two processes that live and end together. The server's
# command may be given; it is gunicorn, as in production, where it is not.
set -u
if [ $# -eq 0 ]; then
  set -- .venv/bin/gunicorn --config deploy/gunicorn.conf.py newsroom.wsgi:application
fi
asked='' server='' worker=''
trap 'asked=1; kill $server $worker 2>/dev/null' TERM INT HUP
exec 3<&0 # what is started with & loses its input otherwise, and a debugger needs it
"$@" <&3 &
server=$!
.venv/bin/python manage.py worker &
worker=$!

lives() { kill -0 "$1" 2>/dev/null; }

while [ -z "$asked" ] && lives "$server" && lives "$worker"; do
  sleep 1 &
  wait $!
done
if [ -z "$asked" ]; then
  gone=server left=worker
  if lives "$server"; then gone=worker left=server; fi
  echo "The $gone has ended by itself; the $left is ended too." >&2
  kill "$server" "$worker" 2>/dev/null
fi
while lives "$server" || lives "$worker"; do
  wait "$server" "$worker"
done
[ -n "$asked" ]
