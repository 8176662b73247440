using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Relay;

/// <summary>Speaks the admin API over the local socket in the data folder; file permissions are its authentication.</summary>
/// <remarks>
/// When no server runs, the command takes the data folder's lock and serves itself the same API for the length of one call,
/// so that every command works the same with and without a running server.
/// </remarks>
internal sealed class AdminClient : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly IAsyncDisposable? _ownServer;

    private AdminClient(string socketPath, IAsyncDisposable? ownServer)
    {
        _ownServer = ownServer;
        // The address is a file of ours, not a name: the guard against foreign targets has nothing to guard here.
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) => new NetworkStream(await ConnectAsync(socketPath, cancellationToken), ownsSocket: true),
        })
        {
            BaseAddress = new Uri("http://relay.local/"),
            Timeout = TimeSpan.FromMinutes(2),
        };
    }

    public static async Task<AdminClient> OpenAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var configuration = CommandConfiguration.LoadWithOrigin(context);
        var socketPath = AdminSocket.PathFor(configuration.Options);
        if (await AnswersAsync(socketPath, cancellationToken))
        {
            return new AdminClient(socketPath, null);
        }

        return new AdminClient(socketPath, await RelayHost.StartOfflineAsync(configuration, cancellationToken));
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    public Task<JsonElement> PostAsync(string path, object body, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) }, cancellationToken);

    public Task<JsonElement> PutAsync(string path, object body, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body) }, cancellationToken);

    public Task<JsonElement> DeleteAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Delete, path), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_ownServer is not null)
        {
            await _ownServer.DisposeAsync();
        }
    }

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var _ = request;
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
            }

            throw new OperatorException(ProblemText(text, (int)response.StatusCode), ExitCodes.Failed);
        }
        catch (HttpRequestException trouble)
        {
            throw new OperatorException($"the server does not answer on its local socket: {trouble.Message}", ExitCodes.Unavailable, trouble);
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
