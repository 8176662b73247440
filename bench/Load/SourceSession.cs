using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Relay.Bench.Load;

/// <summary>One connection of the source: one command at a time.</summary>
internal sealed class SourceSession : IAsyncDisposable
{
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromMinutes(1);

    private Stream _stream;
    private readonly byte[] _input = new byte[4096];
    private readonly byte[] _output = new byte[512];
    private readonly TestMessage _message;

    private SourceSession(Stream stream, TestMessage message)
    {
        _stream = stream;
        _message = message;
    }

    public static async Task<SourceSession> OpenAsync(IPEndPoint server, TestMessage message, bool usesTls)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        var session = new SourceSession(new NetworkStream(socket, ownsSocket: true), message);
        await session.ReplyAsync('2');
        await session.GreetAsync();
        if (usesTls)
        {
            await session.StartTlsAsync();
            await session.GreetAsync();
        }

        return session;
    }

    /// <summary>False when the server refused it.</summary>
    public async ValueTask<bool> SendAsync(int number, string recipient)
    {
        var isGood = await CommandAsync("MAIL FROM:<sender@example.com>\r\n", '2') && await CommandAsync($"RCPT TO:<{recipient}>\r\n", '2');
        return await SendContentAsync(isGood, number);
    }

    /// <summary>The envelope in one write: a round trip for each recipient would take longer than the server does.</summary>
    public async ValueTask<bool> SendAsync(string[] recipients)
    {
        var envelope = "MAIL FROM:<sender@example.com>\r\n" + string.Concat(recipients.Select(r => $"RCPT TO:<{r}>\r\n"));
        await WriteAsync(Encoding.ASCII.GetBytes(envelope));
        return await SendContentAsync(await RepliesAsync(recipients.Length + 1), 0);
    }

    private async ValueTask<bool> SendContentAsync(bool isGood, int number)
    {
        if (!isGood || !await CommandAsync("DATA\r\n", '3'))
        {
            await CommandAsync("RSET\r\n", '2');
            return false;
        }

        _message.SetNumber(number);
        await WriteAsync(_message.Bytes);
        return await ReplyAsync('2');
    }

    /// <summary>So many replies of one line each; false when one of them is no 2xx.</summary>
    private async ValueTask<bool> RepliesAsync(int count)
    {
        var isGood = true;
        var isLineStart = true;
        while (count > 0)
        {
            var read = await _stream.ReadAsync(_input.AsMemory()).AsTask().WaitAsync(ReplyTimeout);
            if (read == 0)
            {
                throw new IOException("the server ended the connection");
            }

            foreach (var octet in _input.AsSpan(0, read))
            {
                isGood &= !isLineStart || octet == (byte)'2';
                isLineStart = octet == (byte)'\n';
                count -= isLineStart ? 1 : 0;
            }
        }

        return isGood;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async ValueTask GreetAsync() => await CommandAsync("EHLO client.example.com\r\n", '2');

    private async Task StartTlsAsync()
    {
        if (!await CommandAsync("STARTTLS\r\n", '2'))
        {
            throw new IOException("the server has no STARTTLS");
        }

#pragma warning disable CA5359 // Servers under measurement have certificates of their own making, and there is only loopback.
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync("relay.example.com");
        _stream = tls;
    }

    private async ValueTask<bool> CommandAsync(string command, char expected)
    {
        var length = Encoding.ASCII.GetBytes(command, _output);
        await WriteAsync(_output.AsMemory(0, length));
        return await ReplyAsync(expected);
    }

    private ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes);

    /// <summary>There is one reply per command, so that it is complete when its last line is.</summary>
    private async ValueTask<bool> ReplyAsync(char expected)
    {
        for (var length = 0; ;)
        {
            var pending = _stream.ReadAsync(_input.AsMemory(length));
            var read = pending.IsCompleted ? await pending : await pending.AsTask().WaitAsync(ReplyTimeout);
            length += read;
            if (read == 0 || length == _input.Length)
            {
                throw new IOException("the server ended the connection: " + Encoding.ASCII.GetString(_input, 0, length));
            }

            if (IsComplete(_input.AsSpan(0, length)))
            {
                return _input[0] == expected;
            }
        }
    }

    private static bool IsComplete(ReadOnlySpan<byte> reply)
    {
        if (!reply.EndsWith("\r\n"u8))
        {
            return false;
        }

        var lastLine = reply[(reply[..^2].LastIndexOf((byte)'\n') + 1)..];
        return lastLine.Length < 6 || lastLine[3] != '-';
    }
}
