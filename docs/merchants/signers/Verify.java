// Believes an answer only if the platform signed it, for this very call. JDK 11 or later.
//   java Verify.java MERCHANT_FOLDER PATH CALL_SIGNATURE < ANSWER
// CALL_SIGNATURE is the Signature header of the call, ANSWER what `curl --include` printed. Keys: platform_keys.json.
import static java.nio.charset.StandardCharsets.*;

import java.math.BigInteger;
import java.nio.file.*;
import java.security.*;
import java.security.spec.RSAPublicKeySpec;
import java.time.Instant;
import java.util.*;
import java.util.regex.*;

class Verify {
  static final String COVERED =
      "(\"@status\" \"content-digest\" \"@method\";req \"@target-uri\";req \"signature\";req;key=\"sig1\")";
  static final Pattern SIGNED =
      Pattern.compile("sig1=(" + Pattern.quote(COVERED) + ";created=([0-9]+);keyid=\"([^\"]+)\")");

  /** Why the answer is not to be believed, or null. Header names in lower case; keyList: the text of a JWK set. */
  static String problem(String status, Map<String, String> headers, byte[] body, String uri, String callSignature,
      String keyList) throws GeneralSecurityException {
    Matcher signed = SIGNED.matcher(headers.getOrDefault("signature-input", ""));
    if (!signed.matches()) return "it is not signed for this call";
    long created = Long.parseLong(signed.group(2));
    if (Math.abs(Instant.now().getEpochSecond() - created) > 300) return "it is old, or this clock is wrong";
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(body);
    String digest = "sha-256=:" + Base64.getEncoder().encodeToString(hash) + ":";
    if (!digest.equals(headers.get("content-digest"))) return "its body was changed";
    String keyid = signed.group(3);
    Optional<String> jwk = Pattern.compile("\\{[^{}]*\\}").matcher(keyList).results().map(MatchResult::group)
        .filter(it -> field(it, "kid").equals(keyid)).findFirst();
    if (jwk.isEmpty()) return "key " + keyid + " is unknown: fetch the key list and check it with the root key";
    String text = "\"@status\": " + status + "\n\"content-digest\": " + digest
        + "\n\"@method\";req: POST\n\"@target-uri\";req: " + uri + "\n\"signature\";req;key=\"sig1\": "
        + callSignature.substring("sig1=".length()) + "\n\"@signature-params\": " + signed.group(1);
    Signature rsa = Signature.getInstance("SHA256withRSA");
    rsa.initVerify(KeyFactory.getInstance("RSA").generatePublic(
        new RSAPublicKeySpec(number(jwk.get(), "n"), number(jwk.get(), "e"))));
    rsa.update(text.getBytes(UTF_8));
    String base64 = headers.getOrDefault("signature", "").replaceAll("^sig1=:|:$", "");
    try {
      if (rsa.verify(Base64.getDecoder().decode(base64))) return null;
    } catch (SignatureException | IllegalArgumentException unreadable) { } // of the wrong length, or no base64
    return "its signature is wrong";
  }

  public static void main(String[] args) throws Exception {
    String uri = field(Files.readString(Path.of(args[0], "merchant.json")), "base_url") + args[1];
    String[] answer = new String(System.in.readAllBytes(), ISO_8859_1).split("\r\n\r\n", 2); // one character a byte
    Map<String, String> headers = new HashMap<>();
    for (String line : answer[0].split("\r\n")) // HTTP/1.1 200 OK, then the headers
      headers.put(line.split(": ?", 2)[0].toLowerCase(), line.substring(line.indexOf(':') + 1).trim());
    String keyList = Files.readString(Path.of(args[0], "platform_keys.json"));
    String why = problem(answer[0].split(" ")[1], headers, answer[1].getBytes(ISO_8859_1), uri, args[2], keyList);
    if (why != null) throw new SecurityException("not believed, the result is unknown: " + why);
  }

  static String field(String json, String name) {
    return Pattern.compile('"' + name + "\"\\s*:\\s*\"([^\"]+)\"").matcher(json).results().findFirst().get().group(1);
  }

  static BigInteger number(String jwk, String name) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(field(jwk, name)));
  }
}
