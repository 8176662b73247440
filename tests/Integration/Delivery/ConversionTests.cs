using System.Globalization;
using System.Text;
using System.Text.Json;
using Relay.Dkim;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>What arrives at peers that can less, and at those that can more.</summary>
public sealed class ConversionTests
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes(
        "From: a@example.com\r\nSubject: eight bits\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nWe met in the little café\r\n.and again\r\n");

    [Fact]
    public async Task A_peer_without_8bitmime_gets_seven_bits_under_a_signature_that_verifies()
    {
        await using var sink = SmtpSink.Start(new SmtpSinkOptions { Extensions = ["PIPELINING", "SIZE 1000000"] });
        await using var relay = await StartAsync(sink);
        var keys = await GenerateAsync(relay);

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content);
        var message = await sink.NextMessageAsync();

        Assert.DoesNotContain("BODY=", message.MailParameters, StringComparison.Ordinal);
        Assert.Equal($"SIZE={message.Content.Length}", message.MailParameters);
        Assert.EndsWith("Content-Transfer-Encoding: quoted-printable\r\n\r\nWe met in the little caf=C3=A9\r\n.and again\r\n", message.Text, StringComparison.Ordinal);
        await AssertVerifiesAsync(message.Content, keys);
    }

    [Fact]
    public async Task A_peer_with_chunking_gets_every_octet_by_bdat()
    {
        await using var sink = SmtpSink.Start(new SmtpSinkOptions { Extensions = ["PIPELINING", "8BITMIME", "CHUNKING"] });
        await using var relay = await StartAsync(sink);
        var keys = await GenerateAsync(relay);

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content);
        var message = await sink.NextMessageAsync();

        Assert.True(message.IsChunked);
        Assert.Equal("BODY=8BITMIME", message.MailParameters);
        Assert.EndsWith(Encoding.UTF8.GetString(Content), message.Text, StringComparison.Ordinal);
        await AssertVerifiesAsync(message.Content, keys);
    }

    private static async Task<RelayProcess> StartAsync(SmtpSink sink)
    {
        var relay = new RelayProcess();
        relay.Configure(string.Create(CultureInfo.InvariantCulture, $"\n[route.\"*\"]\nsmarthost = \"127.0.0.1:{sink.Port}\"\ntls = \"none\"\n"));
        await relay.StartAsync();
        return relay;
    }

    private static async Task<IReadOnlyDictionary<string, string>> GenerateAsync(RelayProcess relay)
    {
        var (exitCode, output) = await relay.RunAsync("dkim", "generate", "example.com", "--active");
        Assert.True(exitCode == 0, output);
        (exitCode, output) = await relay.RunAsync("dkim", "list", "--json");
        Assert.True(exitCode == 0, output);
        return JsonDocument.Parse(output).RootElement.GetProperty("entries").EnumerateArray().ToDictionary(key => key.Word("name")!, key => key.Word("record")!);
    }

    private static async Task AssertVerifiesAsync(byte[] message, IReadOnlyDictionary<string, string> keys)
    {
        var body = message.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        var results = await new DkimVerifier(new Keys(keys), TimeProvider.System)
            .VerifyAsync(message.AsMemory(0, body), new MemoryStream(message, body, message.Length - body), CancellationToken.None);
        Assert.Equal([DkimOutcome.Pass, DkimOutcome.Pass], results.Select(r => r.Outcome));
    }

    private sealed class Keys(IReadOnlyDictionary<string, string> records) : IDkimKeyLookup
    {
        public ValueTask<DkimKeyAnswer> LookupAsync(string name, CancellationToken cancellationToken) =>
            ValueTask.FromResult(records.TryGetValue(name, out var record) ? DkimKeyAnswer.Found([record]) : DkimKeyAnswer.None);
    }
}
