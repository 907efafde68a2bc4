// Signs one call and sends it, with Go alone (1.25 or later): go run sign.go MERCHANT_FOLDER PATH JSON_BODY
package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	folder, path, body := os.Args[1], os.Args[2], []byte(os.Args[3])
	var shop struct{ Merchant_id, Key_id, Base_url string }
	must(0, json.Unmarshal(must(os.ReadFile(folder+"/merchant.json")), &shop))

	sum := sha256.Sum256(body)
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	params := fmt.Sprintf(`("@method" "@target-uri" "content-digest");created=%d;nonce="%s";keyid="%s/%s"`, time.Now().Unix(), rand.Text(), shop.Merchant_id, shop.Key_id)
	text := fmt.Sprintf("\"@method\": POST\n\"@target-uri\": %s\n\"content-digest\": %s\n\"@signature-params\": %s", shop.Base_url+path, digest, params)

	block, _ := pem.Decode(must(os.ReadFile(folder + "/private_key.pem"))) // RSA; P-256 signs in DER here: turn it into r, s
	signature := must(crypto.SignMessage(must(x509.ParsePKCS8PrivateKey(block.Bytes)).(crypto.Signer), nil, []byte(text), crypto.SHA256))

	call := must(http.NewRequest("POST", shop.Base_url+path, bytes.NewReader(body)))
	call.Header = http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Content-Digest": {digest},
		"Signature-Input": {"sig1=" + params}, "Signature": {"sig1=:" + base64.StdEncoding.EncodeToString(signature) + ":"}}
	answer := must((&http.Client{Timeout: 15 * time.Second}).Do(call))
	fmt.Println(answer.StatusCode)
	must(os.Stdout.ReadFrom(answer.Body))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
