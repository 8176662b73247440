using System.Net;

namespace Relay;

/// <summary>What a start by hand prints: where it listens, how to get in, and a first message to try.</summary>
internal static class WelcomeText
{
    public static async Task WriteAsync(TextWriter output, LoadedConfiguration configuration, RelayServer server)
    {
        var options = configuration.Options;
        await output.WriteLineAsync($"\nRelay {CommandRunner.Version} on {options.Hostname.Unicode}{(server.IsSandbox ? " in sandbox mode: mail is kept readable here and never sent" : "")}\n");
        foreach (var (name, listener) in options.Listener)
        {
            await output.WriteLineAsync($"  SMTP    {listener.Place}  (listener {name}, tls {listener.Tls.ToString().ToLowerInvariant()}, login {ListenerAccess.Describe(name, options)})");
        }

        var page = options.Admin.Enabled ? $"http://{options.Admin.Endpoint}/" : null;
        if (page is not null)
        {
            await output.WriteLineAsync($"  Page    {page}");
            await output.WriteLineAsync(server.FirstToken is { } token
                ? $"  Token   {token}  (new; also in {options.Admin.TokenFile})\n  Open    {page}#token={token}"
                : $"  Token   in {options.Admin.TokenFile}");
        }

        if (options.Api.Endpoint is { } api)
        {
            await output.WriteLineAsync($"  API     {Scheme(options.Api.Tls)}://{api}/api/v1  (described at {Scheme(options.Api.Tls)}://{api}/api/docs)");
        }

        if (options.Public.Endpoint is { } recipients)
        {
            await output.WriteLineAsync($"  Public  {Scheme(options.Public.Tls)}://{recipients}  (recipients reach it at {options.Public.PublicUrl})");
        }

        await output.WriteLineAsync($"  Data    {Path.GetFullPath(options.Data)}");
        foreach (var warning in configuration.Warnings)
        {
            await output.WriteLineAsync($"  Warning {warning}");
        }

        await WriteFirstStepsAsync(output, configuration);
    }

    private static string Scheme(bool tls) => tls ? "https" : "http";

    private static async Task WriteFirstStepsAsync(TextWriter output, LoadedConfiguration configuration)
    {
        var options = configuration.Options;
        var endpoint = (options.Listener.Values.FirstOrDefault(static l => l.Socket is null) ?? options.Listener.Values.First()).Endpoint;
        var address = endpoint.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : endpoint.Address;
        var config = configuration.File is null or ConfigurationInput.DefaultFile ? "" : $" --config {configuration.File}";
        await output.WriteLineAsync(
            $"""

            Try it, in another terminal (the simulator answers without any network):
              {ProgramName()} send{config} --to delivered@simulator.relay.test --subject Hello
              printf 'From: a@example.com\r\nSubject: Hello\r\n\r\nHello\r\n' | curl -s smtp://{address}:{endpoint.Port} --mail-from a@example.com --mail-rcpt bounce@simulator.relay.test --upload-file -
              swaks --server {address}:{endpoint.Port} --from a@example.com --to defer@simulator.relay.test
            """);
        if (!options.Route.ContainsKey("*"))
        {
            await output.WriteLineAsync(
                """

                To send for real: outgoing port 25, or a smarthost by these four lines in relay.toml:
                  [route."*"]
                  smarthost = "smtp.example.net:587"
                  username  = "you"
                  password  = "secret"
                """);
        }

        await output.WriteLineAsync("\nStop with Ctrl+C.\n");
        await output.FlushAsync();
    }

    // How this very program was started: from its source folder, or as an installed executable.
    private static string ProgramName() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "relay" && !path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}Debug", StringComparison.Ordinal)
            ? "relay"
            : "dotnet run --project src/Relay --";
}
