// Signs one call and sends it, with .NET alone (10 or later): dotnet run sign.cs -- MERCHANT_FOLDER PATH JSON_BODY
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

var (folder, path, body) = (args[0], args[1], Encoding.UTF8.GetBytes(args[2]));
using var merchant = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "merchant.json")));
string Setting(string name) => merchant.RootElement.GetProperty(name).GetString()!;
var uri = Setting("base_url") + path;

var digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body))}:";
var parameters = "(\"@method\" \"@target-uri\" \"content-digest\")"
    + $";created={DateTimeOffset.UtcNow.ToUnixTimeSeconds()};nonce=\"{Guid.NewGuid()}\""
    + $";keyid=\"{Setting("merchant_id")}/{Setting("key_id")}\"";
var text = $"\"@method\": POST\n\"@target-uri\": {uri}\n\"content-digest\": {digest}\n\"@signature-params\": {parameters}";

// With a P-256 key: ECDsa.Create(), and SignData(bytes, HashAlgorithmName.SHA256), which gives r and s, not DER.
using var rsa = RSA.Create();
rsa.ImportFromPem(File.ReadAllText(Path.Combine(folder, "private_key.pem")));
var signature = rsa.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

using var call = new HttpRequestMessage(HttpMethod.Post, uri) { Content = new ByteArrayContent(body) };
call.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json; charset=utf-8");
call.Headers.Add("Content-Digest", digest);
call.Headers.Add("Signature-Input", $"sig1={parameters}");
call.Headers.Add("Signature", $"sig1=:{Convert.ToBase64String(signature)}:");

using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(15) };
using var answer = await client.SendAsync(call);
Console.WriteLine((int)answer.StatusCode);
Console.WriteLine(await answer.Content.ReadAsStringAsync());
