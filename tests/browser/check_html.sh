#!/bin/sh
# The Nu HTML checker over every kind of page. It is fetched from npm once, into var/, and
# needs Java; what is missing is said.
set -eu
for tool in java npm; do
  command -v "$tool" >/dev/null 2>&1 || { echo "make check-html needs $tool." >&2; exit 1; }
done
VNU_JAR=$PWD/var/vnu/node_modules/vnu-jar/build/dist/vnu.jar
[ -f "$VNU_JAR" ] || npm install --silent --no-audit --no-fund --prefix var/vnu vnu-jar@26.9.27
export VNU_JAR
exec .venv/bin/python -m pytest -q tests/browser/test_html.py
