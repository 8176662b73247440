using System.Text;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>MimeKit judges the signatures of mail that went through a running relay.</summary>
[Collection(ForwardingCollection.Name)]
public sealed class MimeKitVerifierTests(ForwardingRelay forwarding)
{
    private const string Plain = "From: Sender <sender@example.com>\r\nTo: b@example.net\r\nSubject: hello\r\nMIME-Version: 1.0\r\n";
    private const string Eight = Plain + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";

    [Theory]
    [InlineData("plain", Plain, "Hello\r\n", "")]
    [InlineData("blank-lines", Plain, "Hello\r\n\r\n\r\n \r\n\r\n", "")]
    [InlineData("empty", Plain, "", "")]
    [InlineData("only-blank-lines", Plain, "\r\n\r\n\r\n", "")]
    [InlineData("spaces", Plain, "  two  words \t and a tab\t\r\nend  \r\n", "")]
    [InlineData("dots", Plain, ".\r\n..\r\n.dot\r\n", "")]
    [InlineData("eight-bit", Eight, "Käse für ÿ\r\n", " BODY=8BITMIME")]
    [InlineData("folded", "From:\r\n Sender\r\n <sender@example.com>\r\nSubject: one\r\n\ttwo   three\r\nMIME-Version:1.0\r\n", "Hello\r\n", "")]
    [InlineData("utf8-headers", "From: Jürgen <jürgen@example.com>\r\nTo: empfänger@example.net\r\nSubject: Grüße\r\n", "Hello\r\n", " SMTPUTF8 BODY=8BITMIME")]
    public async Task Verifies_both_signatures_and_neither_of_changed_content(string name, string headers, string body, string parameters)
    {
        var recipient = $"mimekit-{name}@example.net";
        await SmtpTalk.SubmitAsync(forwarding.Relay.SmtpPort, "sender@example.com", [recipient], Encoding.UTF8.GetBytes(headers + "\r\n" + body), parameters);

        var arrived = (await forwarding.ArrivedAsync(recipient)).Content;

        Assert.Equal(["ed25519-sha256 True", "rsa-sha256 True"], await JudgeAsync(arrived));
        Assert.Equal(["ed25519-sha256 False", "rsa-sha256 False"], await JudgeAsync([.. arrived, .. "more\r\n"u8]));
        Assert.Equal(["ed25519-sha256 False", "rsa-sha256 False"], await JudgeAsync([.. "From: mallory@example.org\r\n"u8, .. arrived]));
    }

    private async Task<IEnumerable<string>> JudgeAsync(byte[] content) =>
        (await new MimeKitJudge(forwarding.Keys).JudgeAsync(content, "example.com"))
            .Select(verdict => $"{verdict.Algorithm} {verdict.Passes}").Order(StringComparer.Ordinal);
}
