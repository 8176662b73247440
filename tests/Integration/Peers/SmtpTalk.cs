using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Relay.Tests.Integration;

/// <summary>A conversation with an SMTP server, command by command, and content exactly as given.</summary>
internal sealed class SmtpTalk : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpClient _client;
    private readonly List<byte> _buffer = [];
    private Stream _stream;

    private SmtpTalk(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
    }

    /// <summary>What the server showed at the TLS handshake.</summary>
    public X509Certificate2? Certificate { get; private set; }

    /// <summary>Connects, reads the greeting and says EHLO; the reply to EHLO comes back too.</summary>
    public static async Task<(SmtpTalk Talk, string Hello)> OpenAsync(int port, string? address = null)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Parse(address ?? "127.0.0.1"), port);
        var talk = new SmtpTalk(client);
        await talk.ExpectAsync("220");
        return (talk, await talk.SayAsync("EHLO client.example.com", "250"));
    }

    /// <summary>Sends octets as they are and returns the whole reply.</summary>
    public async Task<string> SayAsync(byte[] octets, string expected)
    {
        await WriteAsync(octets);
        return await ExpectAsync(expected);
    }

    /// <summary>Sends a command and returns the whole reply.</summary>
    /// <exception cref="InvalidOperationException">The reply does not begin with <paramref name="expected"/>.</exception>
    public async Task<string> SayAsync(string command, string expected)
    {
        await WriteAsync(Encoding.UTF8.GetBytes(command + "\r\n"));
        return await ExpectAsync(expected);
    }

    /// <summary>STARTTLS, the handshake without looking at names, and EHLO again.</summary>
    public async Task<string> StartTlsAsync()
    {
        await SayAsync("STARTTLS", "220");
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false, (_, certificate, _, _) => Remember(certificate));
        using var limit = new CancellationTokenSource(Patience);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "relay.example.com" }, limit.Token);
        _stream = tls;
        return await SayAsync("EHLO client.example.com", "250");
    }

    /// <summary>Submits one message; lines end in CRLF, dots are stuffed here. The last reply comes back.</summary>
    public async Task<string> SendMailAsync(string reversePath, IEnumerable<string> recipients, byte[] content, string mailParameters = "")
    {
        await SayAsync($"MAIL FROM:<{reversePath}>{mailParameters}", "250");
        foreach (var recipient in recipients)
        {
            await SayAsync($"RCPT TO:<{recipient}>", "250");
        }

        await SayAsync("DATA", "354");
        return await SendContentAsync(content, "250");
    }

    /// <summary>What follows a 354: content, stuffed here, and its end.</summary>
    public async Task<string> SendContentAsync(byte[] content, string expected)
    {
        await WriteAsync(Stuff(content));
        return await SayAsync(".", expected);
    }

    /// <summary>Submits one message over a connection of its own.</summary>
    public static async Task<string> SubmitAsync(int port, string reversePath, IEnumerable<string> recipients, byte[] content, string mailParameters = "")
    {
        var (talk, _) = await OpenAsync(port);
        await using (talk)
        {
            var reply = await talk.SendMailAsync(reversePath, recipients, content, mailParameters);
            await talk.SayAsync("QUIT", "221");
            return reply;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }

    private bool Remember(X509Certificate? certificate)
    {
        Certificate = (X509Certificate2)certificate!;
        return true;
    }

    private static byte[] Stuff(byte[] content)
    {
        var stuffed = new List<byte>(content.Length + 16);
        for (var i = 0; i < content.Length; i++)
        {
            if (content[i] == '.' && (i == 0 || content[i - 1] == '\n'))
            {
                stuffed.Add((byte)'.');
            }

            stuffed.Add(content[i]);
        }

        return [.. stuffed];
    }

    private async Task WriteAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(bytes, limit.Token);
        await _stream.FlushAsync(limit.Token);
    }

    private async Task<string> ExpectAsync(string expected)
    {
        var reply = new StringBuilder();
        string line;
        do
        {
            line = await ReadLineAsync();
            reply.Append(line).Append('\n');
        }
        while (line.Length > 3 && line[3] == '-');
        return line.StartsWith(expected, StringComparison.Ordinal)
            ? reply.ToString()
            : throw new InvalidOperationException($"expected {expected}, got {reply}");
    }

    private async Task<string> ReadLineAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var chunk = new byte[4096];
        int end;
        while ((end = _buffer.IndexOf((byte)'\n')) < 0)
        {
            var read = await _stream.ReadAsync(chunk, limit.Token);
            if (read == 0)
            {
                throw new IOException("the server closed the connection");
            }

            _buffer.AddRange(chunk.AsSpan(0, read));
        }

        var line = Encoding.UTF8.GetString([.. _buffer.Take(end)]).TrimEnd('\r');
        _buffer.RemoveRange(0, end + 1);
        return line;
    }
}
