using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Relay.Tests.Faults;

/// <summary>An application that hands in mail, one step at a time; it notices exactly what the relay answered.</summary>
internal sealed class SmtpSender : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;

    private SmtpSender(TcpClient client)
    {
        _client = client;
        _client.NoDelay = true;
        _stream = client.GetStream();
        _reader = new StreamReader(_stream, Encoding.Latin1);
    }

    /// <summary>The first reply of the connection.</summary>
    public string Greeting { get; private set; } = "";

    /// <summary>Connects and reads the greeting, whatever it is.</summary>
    public static async Task<SmtpSender> ConnectAsync(int port)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            var sender = new SmtpSender(client);
            sender.Greeting = await sender.ReadReplyAsync();
            return sender;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Connects, greets back, hands in one message and leaves.</summary>
    /// <returns>The reply that decided: to the final dot, or the first refusal before it.</returns>
    public static async Task<string> SubmitAsync(int port, string reversePath, IReadOnlyList<string> recipients, byte[] content)
    {
        using var sender = await ConnectAsync(port);
        await sender.CommandAsync("EHLO client.example.com");
        return await sender.SendAsync(reversePath, recipients, content);
    }

    public async Task<string> CommandAsync(string line)
    {
        await WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"));
        return await ReadReplyAsync();
    }

    /// <summary>One transaction; the reply that decided.</summary>
    public async Task<string> SendAsync(string reversePath, IReadOnlyList<string> recipients, byte[] content)
    {
        var begun = await BeginDataAsync(reversePath, recipients);
        return begun.StartsWith('3') ? await EndDataAsync(content) : begun;
    }

    /// <summary>MAIL, RCPT and DATA; 354 or the first refusal.</summary>
    public async Task<string> BeginDataAsync(string reversePath, IReadOnlyList<string> recipients)
    {
        var reply = await CommandAsync($"MAIL FROM:<{reversePath}>");
        foreach (var recipient in recipients)
        {
            reply = reply.StartsWith('2') ? await CommandAsync($"RCPT TO:<{recipient}>") : reply;
        }

        return reply.StartsWith('2') ? await CommandAsync("DATA") : reply;
    }

    /// <summary>Content and final dot behind a 354.</summary>
    public async Task<string> EndDataAsync(byte[] content)
    {
        await WriteAsync(content);
        await WriteAsync(".\r\n"u8.ToArray());
        return await ReadReplyAsync();
    }

    public async Task WriteAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(bytes, limit.Token);
    }

    /// <summary>The last line of the next reply.</summary>
    /// <exception cref="IOException">The relay closed the connection or fell silent.</exception>
    public async Task<string> ReadReplyAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            string? line;
            try
            {
                line = await _reader.ReadLineAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new IOException("the relay does not answer");
            }

            if (line is null)
            {
                throw new IOException("the relay closed the connection");
            }

            if (line.Length < 4 || line[3] != '-')
            {
                return line;
            }
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }
}
