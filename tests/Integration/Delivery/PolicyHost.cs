using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Relay.Tests.Integration;

/// <summary>An HTTPS server on port 443 of a loopback address that says what it is told to, by the name it is asked for.</summary>
internal sealed class PolicyHost : IAsyncDisposable
{
    /// <summary>In place of an answer: the request is taken and nothing follows.</summary>
    public const string Silence = "";

    private readonly TcpListener _listener;
    private readonly X509Certificate2 _certificate;
    private readonly IReadOnlyDictionary<string, string> _answers;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    /// <param name="answers">By host name: the body of a 200 in text/plain.</param>
    public PolicyHost(IPAddress address, X509Certificate2 certificate, IReadOnlyDictionary<string, string> answers)
    {
        _certificate = certificate;
        _answers = answers;
        _listener = new TcpListener(address, 443);
        _listener.Start();
        _serving = ServeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                clients.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }

        await Task.WhenAll(clients);
    }

    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                var host = string.Empty;
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
                {
                    host = line.StartsWith("Host: ", StringComparison.OrdinalIgnoreCase) ? line[6..] : host;
                }

                // A client of TLS 1.3 that refuses the certificate is gone by now.
                if (!_answers.TryGetValue(host, out var body))
                {
                    return;
                }

                if (body == Silence)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
                }

                var head = FormattableString.Invariant($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head + body), _stop.Token);
                await stream.ShutdownAsync();
            }
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or System.Security.Authentication.AuthenticationException)
        {
            // Clients that do not like the certificate or have read enough leave early.
        }
    }
}
