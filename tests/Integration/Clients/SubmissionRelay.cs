using System.Globalization;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>
/// One relay for all client programs: it keeps what it is given, so that a test can read it back. Listener <c>submission</c> takes mail from
/// loopback without login, <c>login</c> (STARTTLS) and <c>implicit</c> (TLS at once) ask everybody for one.
/// </summary>
public sealed class SubmissionRelay : IAsyncLifetime
{
    public const string User = "app";
    public const string Password = "correct horse battery";

    public RelayProcess Relay { get; } = new() { ServeOptions = ["--sandbox"] };

    public int LoginPort { get; } = LoopbackPorts.Free();

    public int ImplicitPort { get; } = LoopbackPorts.Free();

    /// <summary>Behind a proxy on loopback; clients of 198.51.100.0/24 may relay.</summary>
    public int ProxiedPort { get; } = LoopbackPorts.Free();

    /// <summary>Offers AUTH without TLS as well, for old devices.</summary>
    public int DevicePort { get; } = LoopbackPorts.Free();

    public string Socket => Path.Combine(Relay.Folder, "smtp.sock");

    /// <summary>Made by the command before the server ran.</summary>
    public string ApiKey { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Relay.Configure(listener: string.Create(
            CultureInfo.InvariantCulture,
            $"""

            [listener.login]
            endpoint = "127.0.0.1:{LoginPort}"
            relay_networks = []

            [listener.socket]
            socket = "smtp.sock"

            [listener.proxied]
            endpoint = "127.0.0.1:{ProxiedPort}"
            proxy_networks = ["127.0.0.0/8"]
            relay_networks = ["198.51.100.0/24"]

            [listener.devices]
            endpoint = "127.0.0.1:{DevicePort}"
            relay_networks = []

            [network.devices]
            networks = ["127.0.0.0/8"]
            listeners = ["devices"]
            clear_auth = true

            [listener.implicit]
            endpoint = "127.0.0.1:{ImplicitPort}"
            tls = "implicit"
            relay_networks = []

            """));
        var (exitCode, output) = await Relay.RunWithInputAsync(Password, "user", "add", User, "--password-stdin");
        Assert.True(exitCode == 0, output);
        (exitCode, ApiKey) = await Relay.RunAsync("key", "create", "--name", "mailer", "--scope", "send");
        Assert.True(exitCode == 0, ApiKey);
        ApiKey = ApiKey.Trim();
        await Relay.StartAsync();
    }

    public Task DisposeAsync() => Relay.DisposeAsync().AsTask();

    /// <summary>Runs a client program that must succeed.</summary>
    public static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (exitCode, output) = await RunningProgram.RunAsync(PeerFactAttribute.FindExecutable(program)!, arguments, environment: environment);
        Assert.True(exitCode == 0, $"{program} ended with {exitCode}:\n{output}");
        return output;
    }
}

/// <summary>All client programs submit to the same relay.</summary>
[CollectionDefinition(Name)]
public sealed class ClientsCollection : ICollectionFixture<SubmissionRelay>
{
    public const string Name = "clients";
}
