<?php
// Signs one call and sends it, with PHP's own openssl extension (8.0 or later): php sign.php MERCHANT_FOLDER PATH JSON_BODY
[, $folder, $path, $body] = $argv;
$merchant = json_decode(file_get_contents("$folder/merchant.json"), true, 512, JSON_THROW_ON_ERROR);
$uri = $merchant['base_url'] . $path;

$digest = 'sha-256=:' . base64_encode(hash('sha256', $body, true)) . ':';
$params = sprintf(
    '("@method" "@target-uri" "content-digest");created=%d;nonce="%s";keyid="%s/%s"',
    time(), bin2hex(random_bytes(16)), $merchant['merchant_id'], $merchant['key_id']
);
$text = "\"@method\": POST\n\"@target-uri\": $uri\n\"content-digest\": $digest\n\"@signature-params\": $params";

// An RSA key. A P-256 key gives DER here: it has to be turned into r and s, 32 bytes each.
$key = openssl_pkey_get_private(file_get_contents("$folder/private_key.pem"));
if ($key === false || !openssl_sign($text, $signature, $key, OPENSSL_ALGO_SHA256)) {
    throw new RuntimeException("cannot sign: " . openssl_error_string());
}

$call = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => [
        'Content-Type: application/json; charset=utf-8',
        "Content-Digest: $digest",
        "Signature-Input: sig1=$params",
        'Signature: sig1=:' . base64_encode($signature) . ':',
    ],
    'content' => $body,
    'timeout' => 15,
    'ignore_errors' => true, // a status from 400 on is an answer too
    'follow_location' => 0,
]]);
$answer = fopen($uri, 'r', false, $call) ?: throw new RuntimeException("no answer: the result is unknown");
[, $status] = explode(' ', stream_get_meta_data($answer)['wrapper_data'][0]); // HTTP/1.1 200 OK
echo "$status\n", stream_get_contents($answer), "\n";
