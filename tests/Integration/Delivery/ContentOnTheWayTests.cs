using System.Globalization;
using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>What arrives at a real server is what was handed in, below our trace field and signatures.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class ContentOnTheWayTests
{
    private readonly DeliveryWorld _world;

    public ContentOnTheWayTests(DeliveryWorld world) => _world = world;

    private string DnsPort => _world.World.DnsPort.ToString(CultureInfo.InvariantCulture);

    [WorldFact]
    public async Task Postfix_receives_every_octet()
    {
        var (content, stored) = await SendHostileAsync("hostile-postfix", "anybody@postfix.test", FindAtPostfix);

        AssertArrivedWhole(content, stored);
    }

    [WorldFact]
    public async Task Exim_receives_every_octet()
    {
        var (content, stored) = await SendHostileAsync("hostile-exim", "anybody@exim.test", FindAtExim);

        AssertArrivedWhole(content, stored);
    }

    [OpenSmtpdWorldFact]
    public async Task OpenSmtpd_receives_every_octet()
    {
        var (content, stored) = await SendHostileAsync("hostile-opensmtpd", "anybody@opensmtpd.test", FindAtOpenSmtpd);

        AssertArrivedWhole(content, stored);
    }

    [DkimpyWorldFact]
    public async Task Dkimpy_verifies_both_signatures_of_what_arrived_everywhere()
    {
        using var folder = new TemporaryFolder();
        var script = Path.Combine(TestData.Root, "tests", "Integration", "Peers", "dkimpy_verify.py");

        foreach (var stored in await SendEverywhereAsync("dkimpy"))
        {
            Assert.Equal("pass\npass\n", await VerifyAsync(folder, stored, $"'{DkimpyFactAttribute.Python}' '{script}' {DnsPort}"));
        }
    }

    [NodeWorldFact]
    public async Task Mailauth_verifies_both_signatures_of_what_arrived_everywhere()
    {
        using var folder = new TemporaryFolder();

        foreach (var stored in await SendEverywhereAsync("mailauth"))
        {
            var lines = (await VerifyAsync(folder, stored, $"node '{NodeFactAttribute.Script("verify.mjs")}' {DnsPort}"))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).ToList();

            Assert.Collection(
                lines,
                line => Assert.StartsWith("pass ed25519-sha256 exim.test ", line, StringComparison.Ordinal),
                line => Assert.StartsWith("pass rsa-sha256 exim.test ", line, StringComparison.Ordinal));
        }
    }

    [DkimpyWorldFact]
    public async Task Dkimpy_notices_one_changed_octet()
    {
        var (_, stored) = await SendHostileAsync("dkimpy-changed", "anybody@postfix.test", FindAtPostfix);
        var changed = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(stored).Replace("..two dots", "..two dogs", StringComparison.Ordinal));
        using var folder = new TemporaryFolder();
        var script = Path.Combine(TestData.Root, "tests", "Integration", "Peers", "dkimpy_verify.py");

        Assert.DoesNotContain("pass", await VerifyAsync(folder, changed, $"'{DkimpyFactAttribute.Python}' '{script}' {DnsPort}"), StringComparison.Ordinal);
    }

    private static void AssertArrivedWhole(byte[] content, byte[] stored)
    {
        var ours = HostileMessage.WithLineFeeds(content);
        Assert.True(stored.Length > ours.Length, "the receiver adds trace fields");
        Assert.Equal(Encoding.Latin1.GetString(ours), Encoding.Latin1.GetString(stored)[^ours.Length..]);
        var added = Encoding.Latin1.GetString(stored)[..^ours.Length];
        var names = added.Split('\n').Where(line => line.Length > 0 && line[0] is not (' ' or '\t')).Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]);
        Assert.Equal(["DKIM-Signature", "DKIM-Signature", "Received"], names.TakeLast(3));
        Assert.Contains("by relay.example.com", added, StringComparison.Ordinal);
    }

    private async Task<(byte[] Content, byte[] Stored)> SendHostileAsync(string subject, string recipient, Func<string, byte[]?> find)
    {
        var content = HostileMessage.Create(subject, DeliveryWorld.Sender);
        await SmtpTalk.SubmitAsync(_world.Relay.SmtpPort, DeliveryWorld.Sender, [recipient], content, " BODY=8BITMIME");
        byte[]? stored = null;
        await _world.Relay.EventAsync(recipient, "delivered");
        await Poll.UntilAsync($"{subject} lies in the mailbox; the relay printed:\n{_world.Relay.Output}", () => (stored = find(subject)) is not null);
        return (content, stored!);
    }

    private async Task<IReadOnlyList<byte[]>> SendEverywhereAsync(string subject)
    {
        var all = new List<byte[]>
        {
            (await SendHostileAsync(subject + "-postfix", "anybody@postfix.test", FindAtPostfix)).Stored,
            (await SendHostileAsync(subject + "-exim", "anybody@exim.test", FindAtExim)).Stored,
        };
        if (OpenSmtpdReceiver.IsPossible)
        {
            all.Add((await SendHostileAsync(subject + "-opensmtpd", "anybody@opensmtpd.test", FindAtOpenSmtpd)).Stored);
        }

        return all;
    }

    private byte[]? FindAtPostfix(string subject) => Find(_world.Postfix.Messages("user"), subject);

    private byte[]? FindAtExim(string subject) => Find(_world.Exim.Messages("user"), subject);

    private byte[]? FindAtOpenSmtpd(string subject) => Find(_world.OpenSmtpd.Messages("user"), subject);

    private static byte[]? Find(IEnumerable<byte[]> messages, string subject) =>
        messages.FirstOrDefault(m => Encoding.Latin1.GetString(m).Contains($"\nSubject: {subject}\n", StringComparison.Ordinal));

    private static async Task<string> VerifyAsync(TemporaryFolder folder, byte[] stored, string command)
    {
        var file = folder.File("message");
        await File.WriteAllBytesAsync(file, HostileMessage.WithCrlf(stored));
        return await SubmissionRelay.RunAsync("sh", ["-c", $"{command} < '{file}'"]);
    }
}

/// <summary>A test in the <see cref="DeliveryWorld"/> that needs dkimpy.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DkimpyWorldFactAttribute : FactAttribute
{
    public DkimpyWorldFactAttribute()
    {
        if (!DeliveryWorld.IsPossible || DkimpyFactAttribute.Python is null)
        {
            Skip = new WorldFactAttribute().Skip ?? "python3 with dkim and nacl is not installed";
        }
    }
}

/// <summary>A test in the <see cref="DeliveryWorld"/> that needs mailauth.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeWorldFactAttribute : FactAttribute
{
    public NodeWorldFactAttribute()
    {
        if (!DeliveryWorld.IsPossible || !NodeFactAttribute.IsPossible)
        {
            Skip = new WorldFactAttribute().Skip ?? new NodeFactAttribute().Skip;
        }
    }
}
