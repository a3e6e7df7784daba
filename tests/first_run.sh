#!/bin/sh
# Start the paper as a newcomer would, in a copy of what git tracks, and look at it; twice.
set -eu
place=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$place"' EXIT
server=
git ls-files -z | xargs -0 cp --parents -t "$place"
ln -s "$PWD/.venv" "$place/.venv"
cd "$place"
unset SECRET_KEY DEBUG DATABASE_URL REDIS_URL MEDIA_ROOT EMAIL_URL || true
export PORT=8765
fail() { echo "$1"; cat "run-$start.log"; exit 1; }
began() { date +%s; }
# Of everything that runs in this copy: the processes whose command holds $1.
count() {
  number=0
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/cwd" 2>/dev/null)" = "$place" ] || continue
    tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -q "$1" && number=$((number + 1))
  done
  echo "$number"
}
for start in first second again; do  # again: only if something else kept the machine busy
  since=$(began)
  make run >"run-$start.log" 2>&1 &
  server=$!
  until curl -sf "http://127.0.0.1:$PORT/readyz" >/dev/null; do
    kill -0 "$server" 2>/dev/null || fail "It does not start"
    [ $(($(began) - since)) -lt 240 ] || fail "It does not start in time"
    sleep 0.2
  done
  took=$(($(began) - since))
  echo "The $start start took ${took}s"
  curl -sf "http://127.0.0.1:$PORT/" | grep -q data-colour
  style=$(curl -sf "http://127.0.0.1:$PORT/" | grep -o '/static/css/site[^"]*')
  curl -sf "http://127.0.0.1:$PORT$style" | grep -q '@import' && fail "The style sheet is in pieces"
  curl -sf -H 'Accept-Encoding: br' -o /dev/null -D - "http://127.0.0.1:$PORT$style" | grep -qi 'content-encoding: br'

  # The worker is there and works: what is put into the outbox lies in the folder soon.
  .venv/bin/python manage.py shell -v 0 -c "
from authors.models import User
from comments import mail, models
models.Comment.objects.create(article=models.Article.objects.first(), author_name='새댁', text='기다립니다')
User.objects.filter(username='editor').update(email='editor@example.com')
models.Mail.objects.filter(kind='digest').delete()
mail.write_digests()" || fail "Nothing can be put into the outbox"
  tries=0
  until grep -rqs 'To: editor@example.com' var/mail; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || fail "The worker sends no mail"
    sleep 0.1
  done
  rm -r var/mail
  [ "$(count gunicorn)" -gt 0 ] && [ "$(count 'manage.py worker')" = 1 ] || fail "Something is missing"

  kill "$server"
  wait "$server" 2>/dev/null || true
  tries=0
  while [ "$(count gunicorn)" != 0 ] || [ "$(count 'manage.py worker')" != 0 ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 250 ] || fail "Something still runs after the end"
    sleep 0.1
  done
  curl -s "http://127.0.0.1:$PORT/healthz" >/dev/null && fail "Somebody still answers"
  if [ "$start" != first ] && [ "$took" -le 5 ]; then break; fi
done
[ "$took" -le 5 ] || { echo "A later start must take at most 5 s"; exit 1; }

# One that dies takes the other with it, and says so.
start=third
sh deploy/run.sh >run-third.log 2>&1 &
server=$!
until curl -sf "http://127.0.0.1:$PORT/readyz" >/dev/null; do sleep 0.2; done
until [ "$(count 'manage.py worker')" = 1 ]; do sleep 0.1; done
for process in /proc/[0-9]*; do
  [ "$(readlink "$process/cwd" 2>/dev/null)" = "$place" ] || continue
  tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -q 'manage.py worker' && kill -9 "${process#/proc/}"
done
if wait "$server"; then fail "The end of the worker looks like a good one"; fi
grep -q 'The worker has ended by itself' run-third.log || fail "Nobody says what ended"
[ "$(count gunicorn)" = 0 ] || fail "The server lives on without its worker"
server=
echo "Server and worker live and end together"
