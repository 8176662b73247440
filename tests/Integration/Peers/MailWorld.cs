using System.Globalization;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>A small internet on loopback: a real DNS server whose domains point at receivers on 127.0.x.y and one port.</summary>
public sealed class MailWorld : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _records = [];
    private RunningProgram? _dns;

    /// <summary>Port of the DNS server on 127.0.0.1, UDP and TCP.</summary>
    public int DnsPort { get; } = LoopbackPorts.Free();

    /// <summary>Port all receivers listen on, each at its own loopback address.</summary>
    public int MailPort { get; } = LoopbackPorts.Free();

    /// <summary>A domain with one MX host at the address.</summary>
    public MailWorld Domain(string name, string address)
    {
        _records.Add($"mx-host={name},mx.{name},10");
        _records.Add($"host-record=mx.{name},{address}");
        return this;
    }

    /// <summary>A domain that accepts no mail (RFC 7505).</summary>
    public MailWorld DomainWithoutMail(string name)
    {
        _records.Add($"mx-host={name},.,0");
        return this;
    }

    /// <summary>An MX record alone, for names that have no host of their own.</summary>
    public MailWorld Exchange(string name, string host)
    {
        _records.Add($"mx-host={name},{host},10");
        return this;
    }

    /// <summary>A TXT record of any length; dnsmasq splits it into strings.</summary>
    public MailWorld Text(string name, string value)
    {
        _records.Add($"txt-record={name},\"{value}\"");
        return this;
    }

    public async Task StartAsync()
    {
        var file = _folder.File("dnsmasq.conf");
        await File.WriteAllLinesAsync(file, _records);
        string[] arguments =
        [
            "--no-daemon", "--conf-file=" + file, string.Create(CultureInfo.InvariantCulture, $"--port={DnsPort}"), "--listen-address=127.0.0.1",
            "--bind-interfaces", "--no-resolv", "--no-hosts", "--pid-file=", $"--user={Environment.UserName}", "--local=/#/",
        ];
        _dns = RunningProgram.Start(PeerFactAttribute.FindExecutable("dnsmasq")!, arguments);
        await Poll.UntilAsync("dnsmasq serves", () => _dns.Output.Contains("started", StringComparison.Ordinal));
    }

    /// <summary>The DNS server is gone; the receivers stay.</summary>
    public async Task StopDnsAsync()
    {
        await _dns!.DisposeAsync();
        _dns = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_dns is not null)
        {
            await _dns.DisposeAsync();
        }

        _folder.Dispose();
    }
}
