using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Other servers that pass their mail on to us: Exim (by BDAT, over TLS) and OpenSMTPD.</summary>
[Collection(ClientsCollection.Name)]
public sealed class OtherServerTests(SubmissionRelay submission)
{
    private static readonly byte[] Content = "From: app@example.com\r\nTo: someone@example.net\r\nSubject: passed on\r\n\r\n.a dot\r\n\r\n..two\r\nend\r\n"u8.ToArray();

    [PeerFact("exim4", NeedsRoot = true)]
    public async Task Takes_what_exim_passes_on()
    {
        var port = LoopbackPorts.Free();
        await using var exim = new EximReceiver();
        await exim.StartAsync("exim.test", "127.0.0.1", port, submission.Relay.SmtpPort);

        await SmtpTalk.SubmitAsync(port, "app@example.com", ["by-exim@example.net"], Content);

        await AssertTakenAsync("by-exim@example.net");

        // K: it used CHUNKING.
        await Poll.UntilAsync("Exim says how it went: " + exim.Log, () => exim.Log.Split('\n').Any(line => line.Contains("=> by-exim@example.net", StringComparison.Ordinal) && line.Contains(" K ", StringComparison.Ordinal)));
    }

    [OpenSmtpdFact]
    public async Task Takes_what_opensmtpd_passes_on()
    {
        var port = LoopbackPorts.Free();
        await using var opensmtpd = new OpenSmtpdReceiver();
        await opensmtpd.StartAsync("opensmtpd.test", "127.0.0.1", port, submission.Relay.SmtpPort);

        await SmtpTalk.SubmitAsync(port, "app@example.com", ["by-opensmtpd@example.net"], Content);

        await AssertTakenAsync("by-opensmtpd@example.net");
    }

    private async Task AssertTakenAsync(string recipient)
    {
        var entry = await submission.Relay.ReachesAsync(recipient, "captured");
        var raw = Encoding.ASCII.GetString(await submission.Relay.RawAsync(entry));
        Assert.EndsWith("\r\n\r\n.a dot\r\n\r\n..two\r\nend\r\n", raw, StringComparison.Ordinal);
        Assert.Contains(" with ESMTPS", raw, StringComparison.Ordinal);
    }
}

/// <summary>A test that needs OpenSMTPD.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenSmtpdFactAttribute : FactAttribute
{
    public OpenSmtpdFactAttribute() => Skip = OpenSmtpdReceiver.IsPossible ? null : "OpenSMTPD was not unpacked here";
}
