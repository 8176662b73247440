using System.Globalization;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>
/// A relay that signs for <c>example.com</c> by RSA and Ed25519 and hands everything to a sink that offers what the relay does. Its listener
/// <c>submission</c> takes mail from loopback and offers REQUIRETLS, <c>exact</c> adds nothing but what it must.
/// </summary>
public sealed class ForwardingRelay : IAsyncLifetime
{
    public RelayProcess Relay { get; } = new();

    public SmtpSink Sink { get; } = SmtpSink.Start(new SmtpSinkOptions
    {
        Extensions = ["PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "REQUIRETLS", "ENHANCEDSTATUSCODES"],
        Certificate = TestCertificates.Server,
    });

    public int ExactPort { get; } = LoopbackPorts.Free();

    /// <summary>Text of the public keys by the names they are published under.</summary>
    public IReadOnlyDictionary<string, string> Keys { get; private set; } = new Dictionary<string, string>();

    public async Task InitializeAsync()
    {
        Relay.Configure(
            listener: string.Create(CultureInfo.InvariantCulture, $"""
                requiretls = true

                [listener.exact]
                endpoint = "127.0.0.1:{ExactPort}"
                fix_ups = false

                """),
            more: string.Create(CultureInfo.InvariantCulture, $"""

                [route."*"]
                smarthost = "127.0.0.1:{Sink.Port}"

                """));

        // REQUIRETLS wants a certificate that is trusted.
        Relay.Environment["SSL_CERT_FILE"] = Path.Combine(Relay.Folder, "root.pem");
        await File.WriteAllTextAsync(Relay.Environment["SSL_CERT_FILE"], TestCertificates.Server.ExportCertificatePem());
        await Relay.StartAsync();
        var (exitCode, output) = await Relay.RunAsync("dkim", "generate", "example.com", "--active");
        Assert.True(exitCode == 0, output);
        Keys = JsonDocument.Parse((await Relay.RunAsync("dkim", "list", "example.com", "--json")).Output).RootElement
            .GetProperty("entries").EnumerateArray().ToDictionary(key => key.Word("name")!, key => key.Word("record")!);
    }

    public async Task DisposeAsync()
    {
        await Relay.DisposeAsync();
        await Sink.DisposeAsync();
    }

    /// <summary>What the sink was given for this recipient, once it was.</summary>
    public async Task<SinkMessage> ArrivedAsync(string recipient)
    {
        SinkMessage? found = null;
        await Poll.UntilAsync(
            $"{recipient} arrives",
            () => (found = Sink.Messages.FirstOrDefault(message => message.Recipients.Contains(recipient))) is not null,
            TimeSpan.FromSeconds(60));
        return found!;
    }
}

/// <summary>Tests of what MimeKit and MailKit make of delivered mail share one relay.</summary>
[CollectionDefinition(Name)]
public sealed class ForwardingCollection : ICollectionFixture<ForwardingRelay>
{
    public const string Name = "forwarding";
}
