using System.Diagnostics;
using System.Text;
using Relay.Dkim;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Our signatures, judged by dkimpy.</summary>
public sealed class ForeignVerifierTests
{
    private const string Headers =
        "Received: from client.example.com by relay.example.com; Thu, 1 Jan 2026 00:00:00 +0000\r\n"
        + "From: Joe <joe@example.com>\r\nTo: Suzie <suzie@example.net>,\r\n\tBob <bob@example.net>\r\n"
        + "Subject:   Is  dinner ready?\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n"
        + "List-Unsubscribe: <https://example.com/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";

    private static readonly DkimKey[] Keys =
    [
        DkimKeyGenerator.Generate("example.com", "r1", DkimAlgorithm.RsaSha256).Key,
        DkimKeyGenerator.Generate("example.com", "e1", DkimAlgorithm.Ed25519Sha256).Key,
    ];

    [DkimpyFact]
    public async Task Accepts_both_signatures_of_plain_text() => await AssertPassesAsync("Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n");

    [DkimpyFact]
    public async Task Accepts_both_signatures_of_an_empty_body() => await AssertPassesAsync(string.Empty);

    [DkimpyFact]
    public async Task Accepts_both_signatures_of_white_space_and_blank_lines_at_the_end() =>
        await AssertPassesAsync(" one \t two \r\n\r\n \r\nthree\t\r\n\r\n \r\n\r\n");

    [DkimpyFact]
    public async Task Accepts_both_signatures_of_a_large_body() =>
        await AssertPassesAsync(string.Concat(Enumerable.Repeat("A line of text that is neither short nor long, 67 octets in all.\r\n", 20_000)));

    [DkimpyFact]
    public async Task Refuses_both_signatures_of_a_changed_body() =>
        Assert.Equal(["fail", "fail"], (await VerifyAsync("one\r\n", "two\r\n")).Select(line => line.StartsWith("pass", StringComparison.Ordinal) ? "pass" : "fail"));

    private static async Task AssertPassesAsync(string body) => Assert.Equal(["pass", "pass"], await VerifyAsync(body, body));

    private static async Task<string[]> VerifyAsync(string signedBody, string sentBody)
    {
        var headers = Encoding.ASCII.GetBytes(Headers);
        var fields = new DkimSigner().Sign(headers, Encoding.ASCII.GetBytes(signedBody), Keys, TimeProvider.System.GetUtcNow());
        var script = Path.Combine(TestData.Root, "tests", "Integration", "Dkim", "verify.py");
        using var python = Process.Start(new ProcessStartInfo(
            DkimpyFactAttribute.Python!, [script, .. Keys.SelectMany(key => new[] { key.RecordName, key.PublicRecord })])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await using (var input = python.StandardInput.BaseStream)
        {
            byte[] message = [.. fields, .. headers, .. "\r\n"u8, .. Encoding.ASCII.GetBytes(sentBody)];
            await input.WriteAsync(message);
        }

        var output = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();
        Assert.Equal(0, python.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
