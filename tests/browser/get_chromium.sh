#!/bin/sh
# Find a Chromium for the browser tests, or install one where that is possible (root and apt).
# Without one the tests are named as not run; nothing else fails.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium and Korean fonts for the browser tests"
  apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null 2>&1 && exit 0
fi
echo "No Chromium here: the browser tests will not run."
