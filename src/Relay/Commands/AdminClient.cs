using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Relay;

/// <summary>Speaks the admin API over the local socket in the data folder; file permissions are its authentication.</summary>
/// <remarks>
/// When no server runs, the command takes the data folder's lock and serves itself the same API for the length of one call,
/// so that every command works the same with and without a running server.
/// </remarks>
internal sealed class AdminClient : IAsyncDisposable
{
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http;
    private readonly IAsyncDisposable? _ownServer;
    private readonly string _where;
    private readonly CommandSpec _command;

    private AdminClient(CommandSpec command, string socketPath, IAsyncDisposable? ownServer)
    {
        _command = command;
        _ownServer = ownServer;
        _where = "on its local socket";
        // The address is a file of ours, not a name: the guard against foreign targets has nothing to guard here.
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) => new NetworkStream(await ConnectAsync(socketPath, cancellationToken), ownsSocket: true),
        })
        {
            BaseAddress = new Uri("http://relay.local/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    // An address the operator wrote into the command line: as with any tool, the system's resolver and trust decide.
    private AdminClient(CommandSpec command, Uri url, string token)
    {
        _command = command;
        _where = $"at {url.GetLeftPart(UriPartial.Authority)}";
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", token.Trim());
    }

    /// <summary>A running server, here or elsewhere, else the data folder itself.</summary>
    public static async Task<AdminClient> OpenAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (running, configuration) = await FindRunningAsync(context, cancellationToken);
        if (running is not null)
        {
            return running;
        }

        var accepted = CommandConfiguration.Accept(configuration!);
        return new AdminClient(context.Invocation.Command, AdminSocket.PathFor(accepted.Options.Data), await RelayHost.StartOfflineAsync(accepted, cancellationToken));
    }

    /// <summary>A running server, for what only happens in one.</summary>
    /// <exception cref="OperatorException">None runs.</exception>
    public static async Task<AdminClient> OpenRunningAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (running, configuration) = await FindRunningAsync(context, cancellationToken);
        return running ?? throw new OperatorException(
            $"no server runs with the data folder {CommandConfiguration.Accept(configuration!).Options.Data}; start it with 'relay serve' first", ExitCodes.Unavailable);
    }

    private static async Task<(AdminClient? Running, ConfigurationResult? Configuration)> FindRunningAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Invocation.Option("url") is { } url)
        {
            return (new AdminClient(context.Invocation.Command, ParseUrl(url), Environment.GetEnvironmentVariable("RELAY_TOKEN") ?? throw new UsageException("--url needs an admin token in the environment variable RELAY_TOKEN")), null);
        }

        // A running server goes on with what it read: it is reached, to go back for example, though the file has faults by now.
        var configuration = CommandConfiguration.Read(context);
        return configuration.Data is { } data && AdminSocket.PathFor(data) is var running && await AnswersAsync(running, cancellationToken)
            ? (new AdminClient(context.Invocation.Command, running, null), configuration)
            : (null, configuration);
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    public Task<JsonElement> PostAsync(string path, object body, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) }, cancellationToken);

    public Task<JsonElement> PutAsync(string path, object body, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body) }, cancellationToken);

    public Task<JsonElement> DeleteAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Delete, path), cancellationToken);

    /// <summary>Sends a file of any length; the answer may take as long as it needs.</summary>
    public Task<JsonElement> PostFileAsync(string path, Stream file, string contentType, CancellationToken cancellationToken) => SendAsync(
        new HttpRequestMessage(HttpMethod.Post, path) { Content = new StreamContent(file) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } } },
        Timeout.InfiniteTimeSpan,
        cancellationToken);

    /// <summary>Copies an answer of any length.</summary>
    public async Task CopyAsync(string path, Stream target, CancellationToken cancellationToken)
    {
        using var response = await AskAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        await response.Content.CopyToAsync(target, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_ownServer is not null)
        {
            await _ownServer.DisposeAsync();
        }
    }

    /// <summary>Follows server-sent events until the server ends the stream.</summary>
    /// <param name="after">The id of the last one seen; null: only what comes from now on.</param>
    /// <exception cref="OperatorException">Refused; <see cref="ExitCodes.Unavailable"/> when the server does not answer, or is gone.</exception>
    public async IAsyncEnumerable<SseItem<string>> FollowAsync(string path, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (after is not null)
        {
            request.Headers.Add("Last-Event-ID", after);
        }

        using var response = await AskAsync(request, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var items = SseParser.Create(body).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(items))
        {
            yield return items.Current;
        }
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<SseItem<string>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (IOException trouble)
        {
            throw Unavailable(trouble);
        }
    }

    private OperatorException Unavailable(Exception trouble) =>
        new($"the server does not answer {_where}: {trouble.Message}", ExitCodes.Unavailable, trouble);

    private static Uri ParseUrl(string text) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is ("http" or "https")
            ? url
            : throw new UsageException($"--url {text}: use http://HOST:PORT or https://HOST:PORT");

    private Task<JsonElement> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => SendAsync(request, LongestCall, cancellationToken);

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, TimeSpan longest, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(longest);
        using var response = await AskAsync(request, limit.Token);
        var text = await response.Content.ReadAsStringAsync(limit.Token);
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    /// <summary>The answer once its header is here; a refusal is thrown as what the operator should read.</summary>
    private async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var _ = request;
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                var problem = ProblemText(await response.Content.ReadAsStringAsync(cancellationToken), (int)response.StatusCode);
                throw new OperatorException(_command.InItsWords(problem), ExitCodes.Failed);
            }
        }
        catch (HttpRequestException trouble)
        {
            throw Unavailable(trouble);
        }
    }

    private static string ProblemText(string body, int statusCode)
    {
        try
        {
            var problem = JsonDocument.Parse(body).RootElement;
            return problem.TryGetProperty("detail", out var detail) && detail.GetString() is { Length: > 0 } text
                ? text
                : problem.GetProperty("title").GetString() ?? $"status {statusCode}";
        }
        catch (Exception trouble) when (trouble is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"the server answered {statusCode}";
        }
    }

    private static async Task<bool> AnswersAsync(string socketPath, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = await ConnectAsync(socketPath, cancellationToken);
            return true;
        }
        catch (SocketException denied) when (denied.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new OperatorException(
                $"only the user the server runs as, and root, may ask it: {socketPath} is closed to {Environment.UserName}", ExitCodes.NotPermitted, denied);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<Socket> ConnectAsync(string socketPath, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
