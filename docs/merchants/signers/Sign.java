// Signs one call and sends it, with the JDK alone (11 or later): java Sign.java MERCHANT_FOLDER PATH JSON_BODY
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.http.*;
import java.nio.file.*;
import java.security.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.*;
import java.util.*;
import java.util.regex.*;

class Sign {
  public static void main(String[] args) throws Exception {
    String merchant = Files.readString(Path.of(args[0], "merchant.json"));
    byte[] body = args[2].getBytes(UTF_8);
    String uri = setting(merchant, "base_url") + args[1];
    String keyid = setting(merchant, "merchant_id") + "/" + setting(merchant, "key_id");

    String digest = "sha-256=:" + base64(MessageDigest.getInstance("SHA-256").digest(body)) + ":";
    String params = "(\"@method\" \"@target-uri\" \"content-digest\");created=" + Instant.now().getEpochSecond()
        + ";nonce=\"" + UUID.randomUUID() + "\";keyid=\"" + keyid + "\"";
    String text = "\"@method\": POST\n\"@target-uri\": " + uri + "\n\"content-digest\": " + digest
        + "\n\"@signature-params\": " + params;

    String pem = Files.readString(Path.of(args[0], "private_key.pem")).replaceAll("-----[A-Z ]+-----|\\s", "");
    var keySpec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem));
    Signature rsa = Signature.getInstance("SHA256withRSA"); // with a P-256 key: "SHA256withECDSAinP1363Format" …
    rsa.initSign(KeyFactory.getInstance("RSA").generatePrivate(keySpec)); // … and "EC"
    rsa.update(text.getBytes(UTF_8));

    HttpRequest call = HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(15))
        .header("Content-Type", "application/json; charset=utf-8").header("Content-Digest", digest)
        .header("Signature-Input", "sig1=" + params).header("Signature", "sig1=:" + base64(rsa.sign()) + ":")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
    HttpResponse<byte[]> answer = HttpClient.newHttpClient().send(call, HttpResponse.BodyHandlers.ofByteArray());
    System.out.println(answer.statusCode());
    System.out.write(answer.body());
  }

  static String setting(String json, String name) {
    return Pattern.compile('"' + name + "\"\\s*:\\s*\"([^\"]+)\"").matcher(json).results().findFirst().get().group(1);
  }

  static String base64(byte[] bytes) { return Base64.getEncoder().encodeToString(bytes); }
}
