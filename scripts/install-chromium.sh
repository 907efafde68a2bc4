#!/usr/bin/env bash
# What `npm run test:pages` needs on Debian: a browser, Chinese fonts for its pictures, a reader of barcodes.
set -euo pipefail
[ "$(id -u)" = 0 ] && as_root=() || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk zbar-tools
