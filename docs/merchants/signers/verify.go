// Believes an answer only if the platform signed it, for this very call. Go 1.21 or later.
//
//	go run verify.go MERCHANT_FOLDER PATH CALL_SIGNATURE < ANSWER
//
// CALL_SIGNATURE is the Signature header of the call, ANSWER what `curl --include` printed. Keys: platform_keys.json.
package main

import (
	"bufio"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const covered = `("@status" "content-digest" "@method";req "@target-uri";req "signature";req;key="sig1")`

var signed = regexp.MustCompile(`^sig1=(` + regexp.QuoteMeta(covered) + `;created=([0-9]+);keyid="([^"]+)")$`)

// verify gives an error where the answer is not to be believed.
func verify(answer *http.Response, body []byte, uri, callSignature string, keys map[string]*rsa.PublicKey) error {
	input := signed.FindStringSubmatch(answer.Header.Get("Signature-Input"))
	if input == nil {
		return errors.New("it is not signed for this call")
	}
	created, err := strconv.ParseInt(input[2], 10, 64)
	sum := sha256.Sum256(body)
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	key := keys[input[3]]
	switch {
	case err != nil || time.Since(time.Unix(created, 0)).Abs() > 300*time.Second:
		return errors.New("it is old, or this clock is wrong")
	case answer.Header.Get("Content-Digest") != digest:
		return errors.New("its body was changed")
	case key == nil:
		return fmt.Errorf("key %s is unknown: fetch the key list and check it with the root key", input[3])
	}
	text := fmt.Sprintf("\"@status\": %d\n\"content-digest\": %s\n\"@method\";req: POST\n\"@target-uri\";req: %s\n"+
		"\"signature\";req;key=\"sig1\": %s\n\"@signature-params\": %s",
		answer.StatusCode, digest, uri, strings.TrimPrefix(callSignature, "sig1="), input[1])
	hash := sha256.Sum256([]byte(text))
	field := strings.TrimPrefix(answer.Header.Get("Signature"), "sig1=")
	signature, _ := base64.StdEncoding.DecodeString(strings.Trim(field, ":")) // what is no base64 does not verify
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, hash[:], signature)
}

func main() {
	folder, path, callSignature := os.Args[1], os.Args[2], os.Args[3]
	var shop struct{ Base_url string }
	must(0, json.Unmarshal(must(os.ReadFile(folder+"/merchant.json")), &shop))
	var list struct{ Keys []struct{ Kid, N, E string } }
	must(0, json.Unmarshal(must(os.ReadFile(folder+"/platform_keys.json")), &list))
	keys := map[string]*rsa.PublicKey{}
	for _, jwk := range list.Keys {
		n, e := must(base64.RawURLEncoding.DecodeString(jwk.N)), must(base64.RawURLEncoding.DecodeString(jwk.E))
		keys[jwk.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	answer := must(http.ReadResponse(bufio.NewReader(os.Stdin), nil))
	if err := verify(answer, must(io.ReadAll(answer.Body)), shop.Base_url+path, callSignature, keys); err != nil {
		fmt.Fprintln(os.Stderr, "not believed, the result is unknown:", err)
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
