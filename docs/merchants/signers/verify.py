"""Believes an answer only if the platform signed it, for this very call. Needs the package cryptography.

python3 verify.py MERCHANT_FOLDER PATH CALL_SIGNATURE < ANSWER
CALL_SIGNATURE is the Signature header of the call, ANSWER what `curl --include` printed. Keys: platform_keys.json.
"""
import base64, hashlib, json, re, sys, time
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

COVERED = '("@status" "content-digest" "@method";req "@target-uri";req "signature";req;key="sig1")'
SIGNED = re.compile(f'sig1=({re.escape(COVERED)};created=([0-9]+);keyid="([^"]+)")')

def problem(status, headers, body, uri, call_signature, keys):
    """Why the answer is not to be believed, or None. `headers`: names in lower case. `keys`: by their kid."""
    signed = SIGNED.fullmatch(headers.get("signature-input", ""))
    if not signed:
        return "it is not signed for this call"
    params, created, keyid = signed.groups()
    if abs(time.time() - int(created)) > 300:
        return "it is old, or this clock is wrong"
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    if headers.get("content-digest") != digest:
        return "its body was changed"
    if keyid not in keys:
        return f"key {keyid} is unknown: fetch the key list and check it with the root key"
    text = (
        f'"@status": {status}\n"content-digest": {digest}\n"@method";req: POST\n"@target-uri";req: {uri}\n'
        f'"signature";req;key="sig1": {call_signature.removeprefix("sig1=")}\n"@signature-params": {params}'
    )
    try:
        signature = base64.b64decode(headers.get("signature", "").removeprefix("sig1=").strip(":"))
        keys[keyid].verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):  # ValueError: no base64
        return "its signature is wrong"

def public_key(jwk):
    n, e = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "=="), "big") for name in ("n", "e"))
    return rsa.RSAPublicNumbers(e, n).public_key()

folder, path, call_signature = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
keys = {jwk["kid"]: public_key(jwk) for jwk in json.loads((folder / "platform_keys.json").read_bytes())["keys"]}
uri = json.loads((folder / "merchant.json").read_bytes())["base_url"] + path

head, _, body = sys.stdin.buffer.read().partition(b"\r\n\r\n")
status_line, *lines = head.decode().split("\r\n")  # HTTP/1.1 200 OK
headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
why = problem(status_line.split()[1], headers, body, uri, call_signature, keys)
sys.exit(f"not believed, the result is unknown: {why}" if why else 0)
