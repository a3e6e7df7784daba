#!/bin/sh
# The Korean catalogue must hold every text of the code, translated; needs gettext.
set -eu
po=locale/ko/LC_MESSAGES/django.po
before=$(mktemp)
cp "$po" "$before"
make --no-print-directory messages >/dev/null
strip() { grep -v '^"POT-Creation-Date' "$1"; }
if [ "$(strip "$before")" != "$(strip "$po")" ]; then
  cp "$before" "$po"
  echo "The catalogue is behind the code: run make messages and translate." >&2
  exit 1
fi
cp "$before" "$po"
rm "$before"
statistics=$(LC_ALL=C msgfmt --check --statistics -o /dev/null "$po" 2>&1) || { echo "$statistics" >&2; exit 1; }
echo "Catalogue: $statistics"
case "$statistics" in *fuzzy*|*untranslated*) exit 1 ;; esac
