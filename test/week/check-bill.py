"""Checks a bill without any code of the platform: Python's standard library and openssl.

    python3 check-bill.py FOLDER MERCHANT

FOLDER holds bill.csv (the file), download.json (the answer of billdownload), root.pem (the platform's root key) and
proofs.json (answers of billproof, a list). Prints what is wrong, a line each, and exits 1; or one line, and exits 0.
"""

import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

LEAF = b"\x00"
NODE = b"\x01"


def sha256(data):
    return hashlib.sha256(data).digest()


def lines_of(file):
    """The lines' bytes, without header and line ends; a line end within quotes belongs to a text."""
    lines, start, quoted, at = [], 0, False, 0
    while at < len(file):
        if file[at] == 0x22:
            quoted = not quoted
        if not quoted and file[at : at + 2] == b"\r\n":
            lines.append(file[start:at])
            start = at + 2
            at += 1
        at += 1
    if start != len(file):
        raise ValueError("the last line has no end")
    return lines[1:]


def tree_root(leaves):
    """RFC 6962, section 2.1, as it is written there."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(LEAF + leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(NODE + tree_root(leaves[:split]) + tree_root(leaves[split:]))


def root_by_path(leaf, index, size, path):
    """The root that a leaf and its path lead to: the path's last hash joins the two halves of the whole tree."""
    if size == 1:
        if path:
            raise ValueError("the path is too long")
        return sha256(LEAF + leaf)
    if not path:
        raise ValueError("the path is too short")
    split = 1
    while split * 2 < size:
        split *= 2
    other = bytes.fromhex(path[-1])
    if index < split:
        return sha256(NODE + root_by_path(leaf, index, split, path[:-1]) + other)
    return sha256(NODE + other + root_by_path(leaf, index - split, size - split, path[:-1]))


def signed_by_root(folder, data, signature):
    with tempfile.TemporaryDirectory() as own:
        text, sig = pathlib.Path(own, "text"), pathlib.Path(own, "sig")
        text.write_bytes(data)
        sig.write_bytes(base64.b64decode(signature))
        root = str(folder / "root.pem")
        command = ["openssl", "dgst", "-sha256", "-verify", root, "-signature", str(sig), str(text)]
        return subprocess.run(command, capture_output=True).returncode == 0


def statement_of(merchant, download):
    return "\n".join(
        [
            "metro-pay bill v1",
            f"merchant: {merchant}",
            f"date: {download['date']}",
            f"lines: {download['lines']}",
            f"sha256: {download['sha256']}",
            f"merkle_root: {download['merkle_root']}",
        ]
    )


def check_file(folder, merchant, download, file, lines):
    if hashlib.sha256(file).hexdigest() != download["sha256"]:
        yield "the file's sha256 is another"
    if not signed_by_root(folder, file, download["signature"]):
        yield "the file's signature does not verify"
    if download["statement"] != statement_of(merchant, download):
        yield "the statement says something else than the answer"
    if not signed_by_root(folder, download["statement"].encode(), download["statement_signature"]):
        yield "the statement's signature does not verify"
    if len(lines) != download["lines"]:
        yield f"the file has {len(lines)} lines, not {download['lines']}"
    if tree_root(lines).hex() != download["merkle_root"]:
        yield "the file's lines have another Merkle root"


def check_proof(download, lines, proof):
    index, leaf = proof["index"], proof["line"].encode()
    if not 0 <= index < len(lines) or lines[index] != leaf:
        yield f"line {index} of the file is not the one that was proved"
    elif proof["lines"] != len(lines) or proof["statement"] != download["statement"]:
        yield f"the proof of line {index} is about another bill"
    else:
        root = root_by_path(leaf, index, len(lines), proof["path"])
        if root.hex() != download["merkle_root"]:
            yield f"the proof of line {index} leads to another root"


def main():
    folder, merchant = pathlib.Path(sys.argv[1]), sys.argv[2]
    download = json.loads((folder / "download.json").read_text("utf-8"))
    proofs = json.loads((folder / "proofs.json").read_text("utf-8"))
    file = (folder / "bill.csv").read_bytes()
    lines = lines_of(file)
    wrong = list(check_file(folder, merchant, download, file, lines))
    for proof in proofs:
        wrong += check_proof(download, lines, proof)
    for line in wrong:
        print(line)
    if not wrong:
        print(f"{len(lines)} lines, {len(proofs)} of them proved")
    return 1 if wrong else 0


sys.exit(main())
