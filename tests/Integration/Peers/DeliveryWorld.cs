using System.Globalization;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>
/// The relay, a real DNS server, and real receivers: Postfix for <c>postfix.test</c>, Exim for <c>exim.test</c> (where the sender lives too),
/// OpenSMTPD for <c>opensmtpd.test</c> where it could be had, smtp-sink for <c>sink.test</c>. The relay signs for <c>exim.test</c>; the records it printed are published.
/// </summary>
public sealed class DeliveryWorld : IAsyncLifetime
{
    public const string Sender = "sender@exim.test";

    /// <summary>Host of <c>resumed.test</c>; a test starts its own server there.</summary>
    public const string ResumedAddress = "127.0.40.5";

    private const string SinkAddress = "127.0.40.3";

    private RunningProgram? _sink;

    /// <summary>False where one of the programs is missing or the user is not root; the tests are skipped then.</summary>
    public static bool IsPossible { get; } =
        Environment.UserName == "root"
        && ((string[])["dnsmasq", "postfix", "exim4", "smtp-sink", "openssl"]).All(p => PeerFactAttribute.FindExecutable(p) is not null);

    public RelayProcess Relay { get; } = new();

    public MailWorld World { get; } = new();

    public PostfixReceiver Postfix { get; } = new();

    public EximReceiver Exim { get; } = new();

    public OpenSmtpdReceiver OpenSmtpd { get; } = new();

    public async Task InitializeAsync()
    {
        if (!IsPossible)
        {
            return;
        }

        World.Domain("postfix.test", "127.0.40.1").Domain("exim.test", "127.0.40.2").Domain("sink.test", SinkAddress)
            .Domain("opensmtpd.test", "127.0.40.4").Domain("resumed.test", ResumedAddress)
            .Domain("unreachable.test", "127.0.40.9").DomainWithoutMail("nullmx.test");
        Relay.Configure(dnsPort: World.DnsPort, deliveryPort: World.MailPort);
        await GenerateKeysAsync();
        await World.StartAsync();
        await Postfix.StartAsync("postfix.test", "127.0.40.1", World.MailPort);
        await Exim.StartAsync("exim.test", "127.0.40.2", World.MailPort);
        if (OpenSmtpdReceiver.IsPossible)
        {
            await OpenSmtpd.StartAsync("opensmtpd.test", "127.0.40.4", World.MailPort);
        }

        _sink = RunningProgram.Start(
            PeerFactAttribute.FindExecutable("smtp-sink")!,
            ["-u", "nobody", "-h", "mx.sink.test", string.Create(CultureInfo.InvariantCulture, $"{SinkAddress}:{World.MailPort}"), "100"]);
        await Poll.UntilAsync("smtp-sink answers", () => TcpProbe.AnswersAsync(SinkAddress, World.MailPort));
        await Relay.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await Relay.DisposeAsync();
        if (_sink is not null)
        {
            await _sink.DisposeAsync();
        }

        await OpenSmtpd.DisposeAsync();
        await Exim.DisposeAsync();
        await Postfix.DisposeAsync();
        await World.DisposeAsync();
    }

    /// <summary>Hands in a short message.</summary>
    public Task SendAsync(string subject, params string[] recipients) => SmtpTalk.SubmitAsync(
        Relay.SmtpPort, Sender, recipients,
        System.Text.Encoding.UTF8.GetBytes($"From: {Sender}\r\nTo: somebody@example.net\r\nSubject: {subject}\r\n\r\nHello\r\n"));

    private async Task GenerateKeysAsync()
    {
        var (exitCode, output) = await Relay.RunAsync("dkim", "generate", "exim.test", "--active");
        Assert.True(exitCode == 0, output);
        Assert.Contains("._domainkey.exim.test. IN TXT ( \"v=DKIM1;", output, StringComparison.Ordinal);
        (exitCode, output) = await Relay.RunAsync("dkim", "list", "--json");
        Assert.True(exitCode == 0, output);
        var keys = JsonDocument.Parse(output).RootElement.GetProperty("entries").EnumerateArray().ToList();
        Assert.Equal(2, keys.Count);
        foreach (var key in keys)
        {
            World.Text(key.Word("name")!, key.Word("record")!);
        }
    }
}

/// <summary>A test in the <see cref="DeliveryWorld"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WorldFactAttribute : FactAttribute
{
    public WorldFactAttribute()
    {
        if (!DeliveryWorld.IsPossible)
        {
            Skip = "needs root, dnsmasq, Postfix with smtp-sink, Exim and openssl";
        }
    }
}

/// <summary>A test in the <see cref="DeliveryWorld"/> that needs OpenSMTPD.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenSmtpdWorldFactAttribute : FactAttribute
{
    public OpenSmtpdWorldFactAttribute()
    {
        if (!DeliveryWorld.IsPossible || !OpenSmtpdReceiver.IsPossible)
        {
            Skip = new WorldFactAttribute().Skip ?? "OpenSMTPD was not unpacked here";
        }
    }
}

/// <summary>All tests of real receivers share one world.</summary>
[CollectionDefinition(Name)]
public sealed class DeliveryCollection : ICollectionFixture<DeliveryWorld>
{
    public const string Name = "delivery";
}
