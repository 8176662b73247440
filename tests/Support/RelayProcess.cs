using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Relay.Tests.Support;

/// <summary>The relay as its users run it: the executable with a configuration file and a data folder of its own.</summary>
public sealed class RelayProcess : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    // The executable compiles every method fully at once, which pays after minutes. Processes of tests live for seconds: half the time to start.
    private readonly Dictionary<string, string> _environment = new() { ["DOTNET_TC_QuickJit"] = "1" };
    private HttpClient? _http;
    private RunningProgram? _program;

    public RelayProcess()
    {
        SmtpPort = LoopbackPorts.Free();
        AdminPort = LoopbackPorts.Free();
        ConfigFile = _folder.File("relay.toml");
        DataFolder = _folder.File("data");
    }

    public int SmtpPort { get; }

    public int AdminPort { get; }

    public string ConfigFile { get; }

    public string DataFolder { get; }

    /// <summary>Options of the serve command, for example <c>--sandbox</c>.</summary>
    public IReadOnlyList<string> ServeOptions { get; init; } = [];

    /// <summary>Prefix of the command line, for example strace with its options.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    public string Output => _program?.Output ?? "";

    public int ProcessId => _program!.Process.Id;

    /// <summary>Valid once the process has ended.</summary>
    public int ExitCode => _program!.Process.ExitCode;

    /// <summary>The scratch folder with configuration and data, gone when disposed.</summary>
    public string Folder => _folder.Path;

    public bool HasExited => _program?.Process.HasExited ?? true;

    /// <summary>The executable built beside the tests.</summary>
    public static string Executable { get; } = FindExecutable();

    public IDictionary<string, string> Environment => _environment;

    /// <summary>Writes the configuration: usual test settings, then <paramref name="more"/>.</summary>
    /// <param name="dnsPort">Port of the DNS server on 127.0.0.1; null leaves the system's.</param>
    /// <param name="deliveryPort">Port of MX hosts; loopback targets are allowed.</param>
    public void Configure(string more = "", int? dnsPort = null, int? deliveryPort = null, string listener = "", string hostname = "relay.example.com")
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            hostname = "{hostname}"
            data = "{DataFolder}"

            [listener.submission]
            endpoint = "127.0.0.1:{SmtpPort}"
            {listener}

            [admin]
            endpoint = "127.0.0.1:{AdminPort}"

            [delivery]
            allow_private_targets = true
            port = {deliveryPort ?? 25}

            """);
        if (dnsPort is not null)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"[dns]\nservers = [\"127.0.0.1:{dnsPort}\"]\n\n");
        }

        File.WriteAllText(ConfigFile, text + more);
    }

    /// <summary>Starts and waits until mail can be accepted.</summary>
    public async Task StartAsync(TimeSpan? within = null)
    {
        Launch();
        await Poll.UntilAsync("the relay is ready", IsReadyAsync, within ?? TimeSpan.FromSeconds(120));
    }

    /// <summary>Starts without waiting.</summary>
    public void Launch()
    {
        string[] command = [.. Wrapper, Executable, "serve", "--config", ConfigFile, .. ServeOptions];
        _program = RunningProgram.Start(command[0], command[1..], _folder.Path, _environment);
    }

    public async Task<bool> IsReadyAsync()
    {
        if (HasExited)
        {
            throw new InvalidOperationException("the relay ended; it printed:\n" + Output);
        }

        try
        {
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
            using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{AdminPort}/health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception trouble) when (trouble is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>Ends it as the system would at shutdown, and waits.</summary>
    public async Task StopAsync()
    {
        _program!.Signal("TERM");
        await WaitForExitAsync();
    }

    /// <summary>Waits until it ends by itself, at most three minutes.</summary>
    public async Task WaitForExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await _program!.Process.WaitForExitAsync(limit.Token);
    }

    public void Signal(string signal) => _program!.Signal(signal);

    /// <summary>Ends it as a power cut would.</summary>
    public async Task KillAsync()
    {
        _program!.Kill();
        await _program.Process.WaitForExitAsync();
    }

    /// <summary>Runs another command of the executable against this configuration.</summary>
    public Task<(int ExitCode, string Output)> RunAsync(params IReadOnlyList<string> arguments) =>
        RunningProgram.RunAsync(Executable, [.. arguments, "--config", ConfigFile], _folder.Path, _environment);

    /// <summary>Runs a command with text on its standard input, through the shell.</summary>
    public Task<(int ExitCode, string Output)> RunWithInputAsync(string input, params IReadOnlyList<string> arguments) =>
        RunningProgram.RunAsync(
            "/bin/sh", ["-c", "printf '%s\\n' \"$0\" | \"$@\"", input, Executable, .. arguments, "--config", ConfigFile], _folder.Path, _environment);

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Http().GetAsync(new Uri(path, UriKind.Relative));
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public Task<HttpResponseMessage> PostAsync(string path, object body) => Http().PostAsJsonAsync(new Uri(path, UriKind.Relative), body);

    public Task<string> GetTextAsync(string path) => Http().GetStringAsync(new Uri(path, UriKind.Relative));

    public Task<byte[]> GetBytesAsync(string path) => Http().GetByteArrayAsync(new Uri(path, UriKind.Relative));

    /// <summary>Recipients by state as the status page counts them.</summary>
    public async Task<Dictionary<string, long>> CountsAsync()
    {
        var status = await GetAsync("/admin/v1/status");
        return status.GetProperty("queue").GetProperty("byState").EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetInt64());
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }

        _folder.Dispose();
    }

    private HttpClient Http()
    {
        if (_http is null)
        {
            var token = File.ReadAllText(Path.Combine(DataFolder, "admin.token")).Trim();
            _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{AdminPort}"), Timeout = TimeSpan.FromSeconds(60) };
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return _http;
    }

    private static string FindExecutable()
    {
        // …/tests/Integration/bin/Release/net10.0 → the same configuration of src/Relay.
        var configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)))!;
        return Path.Combine(TestData.Root, "src", "Relay", "bin", configuration, "net10.0", "relay");
    }
}
