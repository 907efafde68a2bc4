#!/usr/bin/env bash
# Signs one call by hand and sends it: RFC 9421 with RFC 9530, RSA (rsa-v1_5-sha256). Needs bash, openssl and curl.
#
#   sign.sh MERCHANT_FOLDER PATH JSON_BODY
#   sign.sh .local/demo/M10001 /metro/payment/v1/api/qrcode/orderquery '{"out_request_no":"till7-000123"}'
#
# MERCHANT_FOLDER holds merchant.json (merchant_id, key_id, base_url) and private_key.pem. Prints the answer's body;
# with HEADERS=1 its status and headers too, and on stderr the call's Signature, which checking the answer needs
# (signers/verify.py and its likes do that; this shows how to sign).
set -euo pipefail
if [ $# -ne 3 ]; then
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
folder=$1 path=$2 body=$3

setting() {
  sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p" "$folder/merchant.json" | head -n 1
}
base_url=$(setting base_url)
target_uri="${base_url%/}$path"
keyid="$(setting merchant_id)/$(setting key_id)"

digest="sha-256=:$(printf '%s' "$body" | openssl dgst -sha256 -binary | openssl base64 -A):"
params="(\"@method\" \"@target-uri\" \"content-digest\");created=$(date +%s);nonce=\"$(openssl rand -hex 16)\";keyid=\"$keyid\""

# The signed text: four lines, joined by one line feed, none at the end.
signature=$(printf '"@method": POST\n"@target-uri": %s\n"content-digest": %s\n"@signature-params": %s' \
  "$target_uri" "$digest" "$params" | openssl dgst -sha256 -sign "$folder/private_key.pem" | openssl base64 -A)

[ -z "${HEADERS:-}" ] || echo "sig1=:$signature:" >&2
# From standard input and as it is: curl must not change a byte of what was signed.
printf '%s' "$body" | curl --silent --show-error --max-time 15 ${HEADERS:+--include} --data-binary @- \
  -H "Content-Type: application/json; charset=utf-8" -H "Content-Digest: $digest" \
  -H "Signature-Input: sig1=$params" -H "Signature: sig1=:$signature:" "$target_uri"
