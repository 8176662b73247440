using System.Globalization;
using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Libraries applications send mail with: Python's smtplib, Node's nodemailer.</summary>
[Collection(ClientsCollection.Name)]
public sealed class LibraryClientTests
{
    private readonly SubmissionRelay _submission;
    private readonly RelayProcess _relay;

    public LibraryClientTests(SubmissionRelay submission)
    {
        _submission = submission;
        _relay = submission.Relay;
    }

    private string Port => _submission.LoginPort.ToString(CultureInfo.InvariantCulture);

    [PeerFact("python3")]
    public async Task Smtplib_sends_to_several_recipients_and_with_octets_and_international_addresses()
    {
        var script = Path.Combine(TestData.Root, "tests", "Integration", "Clients", "submit.py");

        await SubmissionRelay.RunAsync("python3", [script, Port, SubmissionRelay.User, SubmissionRelay.Password]);

        var first = await _relay.ReachesAsync("python-one@example.net", "captured");
        var third = await _relay.ReachesAsync("python-three@example.org", "captured");
        Assert.Equal(first.Word("messageId"), third.Word("messageId"));
        var octets = await _relay.RawAsync(await _relay.ReachesAsync("python-octets@example.net", "captured"));
        Assert.EndsWith("\r\n\r\ncafé ÿ\r\n.\r\n..dots\r\n", Encoding.Latin1.GetString(octets), StringComparison.Ordinal);
        var international = await _relay.ReachesAsync("pythön@example.net", "captured");
        Assert.Equal("sönder@example.com", international.Word("reversePath"));
        Assert.Equal("Grüße", international.Word("subject"));
    }

    [NodeFact]
    public async Task Nodemailer_sends_alternatives_and_an_attachment()
    {
        var output = await SubmissionRelay.RunAsync(
            "node", [NodeFactAttribute.Script("submit.mjs"), Port, SubmissionRelay.User, SubmissionRelay.Password, "nodemailer@example.net"]);

        Assert.StartsWith("250 ", output, StringComparison.Ordinal);
        var entry = await _relay.ReachesAsync("nodemailer@example.net", "captured");
        var content = await _relay.GetAsync($"/admin/v1/messages/{entry.Word("messageId")}/content");
        Assert.Equal("by nodemailer ✓", entry.Word("subject"));
        Assert.Equal("Hello\n.dot\n", content.Word("text")!.ReplaceLineEndings("\n"));
        Assert.Equal("<p>Hello ✓</p>", content.Word("html"));
        var attachment = Assert.Single(content.GetProperty("attachments").EnumerateArray());
        Assert.Equal("numbers.bin", attachment.Word("name"));
        Assert.Equal(6, attachment.GetProperty("sizeBytes").GetInt64());
    }
}
