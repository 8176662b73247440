using System.Globalization;
using System.Text.Json.Nodes;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>A relay with its API open, a DNS of the test's own, and a destination: <c>dest.test</c>.</summary>
public sealed class ApiWorld : IAsyncDisposable
{
    private readonly ScriptedDnsServer _dns;

    public ApiWorld(SmtpSinkOptions? destination = null)
    {
        Sink = SmtpSink.Start(destination);
        Zone = new ZoneTable { TimeToLive = TimeSpan.FromSeconds(1) }.Mx("dest.test", 10, "mx.dest.test").Address("mx.dest.test", "127.0.0.1");
        _dns = ZoneServer.Start(Zone);
    }

    public RelayProcess Relay { get; } = new();

    public ZoneTable Zone { get; }

    public SmtpSink Sink { get; }

    public int ApiPort { get; } = LoopbackPorts.Free();

    public async Task StartAsync(string apiSettings = "", string more = "")
    {
        Relay.Configure(
            string.Create(CultureInfo.InvariantCulture, $"[api]\nendpoint = \"127.0.0.1:{ApiPort}\"\n{apiSettings}\n{more}\n"),
            dnsPort: _dns.EndPoint.Port,
            deliveryPort: Sink.Port);
        await Relay.StartAsync();
    }

    public async Task RestartAsync()
    {
        await Relay.StopAsync();
        await Relay.StartAsync();
    }

    /// <summary>A key in clear, made by the command line.</summary>
    public async Task<string> CreateKeyAsync(string name, string scope = "full", params IReadOnlyList<string> more)
    {
        var (exitCode, output) = await Relay.RunAsync(["key", "create", "--name", name, "--scope", scope, .. more]);
        return exitCode == 0 ? output.Trim() : throw new InvalidOperationException(output);
    }

    public async Task<ApiClient> ClientAsync(string name, string scope = "full", params IReadOnlyList<string> more) =>
        new(ApiPort, await CreateKeyAsync(name, scope, more));

    /// <summary>Publishes what the domain's answer asks for.</summary>
    public void Publish(JsonNode domain)
    {
        foreach (var record in domain["dnsRecords"]!.AsArray())
        {
            var name = record!["name"]!.GetValue<string>().TrimEnd('.');
            var value = record["value"]!.GetValue<string>();
            _ = record["type"]!.GetValue<string>() == "MX" ? Zone.Mx(name, 10, value.TrimEnd('.')) : Zone.Txt(name, value);
        }
    }

    /// <summary>Creates a domain, publishes its records and waits until it is verified.</summary>
    public async Task<JsonNode> VerifiedDomainAsync(ApiClient client, string name)
    {
        var created = await client.PostAsync("/v1/domains", $$"""{"name":"{{name}}","region":"here"}""");
        Publish(created.Body!);
        await client.PutAsync($"/v1/domains/{created["id"]}/verify");
        JsonNode? domain = null;
        await Poll.UntilAsync($"{name} is verified: {created.Text}", async () =>
        {
            domain = (await client.GetAsync($"/v1/domains/{created["id"]}")).Body;
            return domain!["status"]!.GetValue<string>() == "SUCCESS";
        });
        return domain!;
    }

    public async ValueTask DisposeAsync()
    {
        await Relay.DisposeAsync();
        await Sink.DisposeAsync();
        await _dns.DisposeAsync();
    }
}
