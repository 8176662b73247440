using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Relay.Tests.Support;

/// <summary>A tiny LMTP server (RFC 2033): takes every recipient and answers for each behind the final dot as it is told.</summary>
public sealed class LmtpSink : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<string, string?> _answer;
    private readonly ConcurrentQueue<(string Recipient, string Content)> _stored = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _sessions = [];
    private readonly Task _accepting;

    /// <param name="endpoint">TCP address or Unix socket.</param>
    /// <param name="answer">Reply for a recipient; null stores the message.</param>
    public LmtpSink(EndPoint endpoint, Func<string, string?> answer)
    {
        _answer = answer;
        _listener = new Socket(endpoint.AddressFamily, SocketType.Stream, endpoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        _listener.Bind(endpoint);
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public int Port => (_listener.LocalEndPoint as IPEndPoint)?.Port ?? 0;

    /// <summary>What was stored, by recipient, in order.</summary>
    public IReadOnlyList<(string Recipient, string Content)> Stored => [.. _stored];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_sessions);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _sessions.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        await using var writer = new StreamWriter(stream, Encoding.Latin1, leaveOpen: true) { NewLine = "\r\n", AutoFlush = true };
        try
        {
            await writer.WriteLineAsync("220 lmtp.example.net ready");
            await TalkAsync(reader, writer);
        }
        catch (Exception end) when (end is IOException or OperationCanceledException)
        {
            // The client left, or the test is over.
        }
    }

    private async Task TalkAsync(StreamReader reader, StreamWriter writer)
    {
        var recipients = new List<string>();
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            switch (line.Split(' ')[0].ToUpperInvariant())
            {
                case "LHLO":
                    await writer.WriteAsync("250-lmtp.example.net\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n");
                    break;
                case "RCPT":
                    recipients.Add(line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)]);
                    await writer.WriteLineAsync("250 2.1.5 ok");
                    break;
                case "DATA":
                    await writer.WriteLineAsync("354 go ahead");
                    await StoreAsync(reader, writer, recipients);
                    recipients.Clear();
                    break;
                case "MAIL" or "RSET" or "NOOP":
                    recipients.Clear();
                    await writer.WriteLineAsync("250 2.0.0 ok");
                    break;
                case "QUIT":
                    await writer.WriteLineAsync("221 2.0.0 bye");
                    return;
                default:
                    await writer.WriteLineAsync("500 5.5.1 LMTP only");
                    break;
            }
        }
    }

    private async Task StoreAsync(StreamReader reader, StreamWriter writer, List<string> recipients)
    {
        var content = new StringBuilder();
        while (await reader.ReadLineAsync(_stop.Token) is { } line && line != ".")
        {
            content.Append(line).Append("\r\n");
        }

        foreach (var recipient in recipients)
        {
            var refusal = _answer(recipient);
            if (refusal is null)
            {
                _stored.Enqueue((recipient, content.ToString()));
            }

            await writer.WriteLineAsync(refusal ?? "250 2.1.5 stored");
        }
    }
}
