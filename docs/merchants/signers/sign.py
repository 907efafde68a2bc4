"""Signs one call and sends it: python3 sign.py MERCHANT_FOLDER PATH JSON_BODY (needs the package cryptography)."""
import base64, hashlib, json, secrets, sys, time, urllib.error, urllib.request
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

folder, path, body = Path(sys.argv[1]), sys.argv[2], sys.argv[3].encode()
merchant = json.loads((folder / "merchant.json").read_bytes())
uri = merchant["base_url"] + path

digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
params = (
    f'("@method" "@target-uri" "content-digest");created={int(time.time())}'
    f';nonce="{secrets.token_hex(16)}";keyid="{merchant["merchant_id"]}/{merchant["key_id"]}"'
)
text = f'"@method": POST\n"@target-uri": {uri}\n"content-digest": {digest}\n"@signature-params": {params}'

key = serialization.load_pem_private_key((folder / "private_key.pem").read_bytes(), password=None)
signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
# With a P-256 key: r, s = utils.decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
#                   signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")

call = urllib.request.Request(uri, body, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Digest": digest,
    "Signature-Input": f"sig1={params}",
    "Signature": f"sig1=:{base64.b64encode(signature).decode()}:",
})
try:
    answer = urllib.request.urlopen(call, timeout=15)
except urllib.error.HTTPError as refused:  # an answer too, with a status from 400 on
    answer = refused
print(answer.status)
sys.stdout.flush()
sys.stdout.buffer.write(answer.read())
