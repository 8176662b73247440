using Relay.Dkim;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Signatures made by others, with the keys they published.</summary>
public sealed class DkimVectorTests
{
    private const string Rfc8463Ed25519Key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    // RFC 8463 appendix A.2.
    private const string Rfc8463RsaKey =
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b"
        + "yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";

    // RFC 6376 appendix A.2 with the key of appendix C.
    private const string Rfc6376Message =
        """
        DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
              c=simple/simple; q=dns/txt; i=joe@football.example.com;
              h=Received : From : To : Subject : Date : Message-ID;
              bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
              b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
              4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
              KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
              4bmp/YzhwvcubU4=;
        Received: from client1.football.example.com  [192.0.2.1]
              by submitserver.example.com with SUBMISSION;
              Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
        From: Joe SixPack <joe@football.example.com>
        To: Suzie Q <suzie@shopping.example.net>
        Subject: Is dinner ready?
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
        Message-ID: <20030712040037.46341.5F8J@football.example.com>

        Hi.

        We lost the game. Are you hungry yet?

        Joe.

        """;

    private const string Rfc6376Key =
        "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFC"
        + "jxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi"
        + "tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";

    [Fact]
    public async Task The_message_of_RFC_6376_appendix_A_passes()
    {
        var message = DkimTestMessage.Parse(Rfc6376Message);

        var result = Assert.Single(await VerifyAsync(message, new() { ["brisbane._domainkey.example.com"] = Rfc6376Key }));

        Assert.Equal(DkimOutcome.Pass, result.Outcome);
        Assert.Equal("joe@football.example.com", result.Identity);
    }

    [Theory]
    [InlineData("dkim-dkimpy", "rfc6376.signed.msg")]
    [InlineData("dkim-mimekit", "rfc8463-example.msg")]
    public async Task Both_signatures_of_the_RFC_8463_message_pass(string folder, string file)
    {
        var message = DkimTestMessage.Parse(DkimTestMessage.Read(folder, file));

        var results = await VerifyAsync(message, new()
        {
            ["brisbane._domainkey.football.example.com"] = Rfc8463Ed25519Key,
            ["test._domainkey.football.example.com"] = Rfc8463RsaKey,
        });

        Assert.Equal(["ed25519-sha256", "rsa-sha256"], results.Select(result => result.Algorithm));
        Assert.All(results, result => Assert.Equal((DkimOutcome.Pass, string.Empty), (result.Outcome, result.Reason)));
    }

    [Fact]
    public async Task An_Ed25519_signature_made_by_Exim_passes()
    {
        var message = DkimTestMessage.Parse(DkimTestMessage.Read("dkim-dkimpy", "ed25519test2.msg"));
        var record = DkimTestMessage.Read("dkim-dkimpy", "eximtest.dns").Trim();

        var result = Assert.Single(await VerifyAsync(message, new() { ["sed._domainkey.test.ex"] = record }));

        Assert.Equal(DkimOutcome.Pass, result.Outcome);
    }

    [Fact]
    public async Task A_signature_made_by_Gmail_passes()
    {
        var message = DkimTestMessage.Parse(DkimTestMessage.Read("dkim-mimekit", "gmail.msg"));
        var key = string.Concat(DkimTestMessage.Read("dkim-mimekit", "gmail.pub").Split('\n').Where(line => !line.StartsWith('-')));

        var result = Assert.Single(await VerifyAsync(message, new() { ["20120113._domainkey.gmail.com"] = "k=rsa; p=" + key }));

        Assert.Equal((DkimOutcome.Pass, string.Empty), (result.Outcome, result.Reason));
    }

    [Fact]
    public async Task Every_message_with_its_records_passes()
    {
        var files = Directory.GetFiles(Support.TestData.Path("dkim-mail-auth"), "*.txt");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var (records, message) = ReadRecordsAndMessage(await File.ReadAllTextAsync(file, System.Text.Encoding.Latin1));

            var results = await VerifyAsync(message, records);

            Assert.NotEmpty(results);
            Assert.All(results, result => Assert.Equal((DkimOutcome.Pass, string.Empty), (result.Outcome, result.Reason)));
        }
    }

    [Theory]
    [InlineData("badk.txt", "key is of another type than the signature")]
    [InlineData("badversion.txt", "key record: v= is not DKIM1 or not first")]
    public async Task A_bad_key_record_is_a_permanent_error(string file, string reason)
    {
        var message = DkimTestMessage.Parse(DkimTestMessage.Read("dkim-dkimpy", "rfc6376.signed.msg"));

        var results = await VerifyAsync(message, new() { ["test._domainkey.football.example.com"] = DkimTestMessage.Read("dkim-dkimpy", file).Trim() });

        Assert.Equal((DkimOutcome.PermError, reason), (results[1].Outcome, results[1].Reason));
    }

    [Theory]
    [InlineData("dkim-dkimpy", "test.private", "test.txt")]
    [InlineData("dkim-mimekit", "example.pem", "example.tinydns")]
    public void A_private_key_of_others_gives_the_public_record_they_published(string folder, string keyFile, string recordFile)
    {
        using var key = DkimKey.FromPem("example.com", "test", DkimTestMessage.Read(folder, keyFile));

        Assert.Equal(DkimAlgorithm.RsaSha256, key.Algorithm);
        Assert.Contains(key.PublicRecord[key.PublicRecord.IndexOf("p=", StringComparison.Ordinal)..], DkimTestMessage.Read(folder, recordFile), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ed25519test.key", "yi50DjK5O9pqbFpNHklsv9lqaS0ArSYu02qp1S0DW1Y=")]
    [InlineData("rfc8032_7_1.key", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")]
    public void An_Ed25519_seed_gives_its_public_key(string file, string publicKey)
    {
        var seed = Convert.FromBase64String(DkimTestMessage.Read("dkim-dkimpy", file).Trim());

        using var key = DkimKey.FromPkcs8("football.example.com", "brisbane", DkimPrivateKeyFormat.WriteEd25519(seed));

        Assert.Equal("v=DKIM1; k=ed25519; p=" + publicKey, key.PublicRecord);
    }

    private static async Task<IReadOnlyList<DkimResult>> VerifyAsync(DkimTestMessage message, Dictionary<string, string> records) =>
        await new DkimVerifier(new FixedKeyLookup(records), TimeProvider.System).VerifyAsync(
            message.Headers, new MemoryStream(message.Body), CancellationToken.None);

    private static (Dictionary<string, string> Records, DkimTestMessage Message) ReadRecordsAndMessage(string text)
    {
        text = text.ReplaceLineEndings("\n");
        var blank = text.IndexOf("\n\n", StringComparison.Ordinal);
        var records = text[..blank].Split('\n').Select(line => line.Split(' ', 2)).ToDictionary(parts => parts[0].TrimEnd('.'), parts => parts[1]);
        return (records, DkimTestMessage.Parse(text[(blank + 2)..]));
    }
}
