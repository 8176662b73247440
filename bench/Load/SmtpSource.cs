using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Relay.Bench.Load;

/// <summary>Hands messages in by plain SMTP: one command at a time, many messages per connection.</summary>
internal sealed class SmtpSource(IPEndPoint server, int sizeBytes, MessageLedger ledger, bool hasManySenders = false)
{
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromMinutes(1);

    /// <summary>As fast as the server takes them, until <paramref name="count"/> were handed out or the time is over.</summary>
    /// <param name="domainOf">The recipient's domain, by message number.</param>
    public async Task FloodAsync(int connections, int count, TimeSpan atMost, Func<int, string> domainOf)
    {
        var start = Stopwatch.GetTimestamp();
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            using var session = await Session.OpenAsync(server, new TestMessage(sizeBytes, hasManySenders));
            while (Interlocked.Decrement(ref left) >= 0 && Stopwatch.GetElapsedTime(start) < atMost)
            {
                await SendNextAsync(session, domainOf);
            }
        })));
    }

    /// <summary>At an even pace, late ones not dropped.</summary>
    public async Task PaceAsync(int perSecond, TimeSpan duration, Func<int, string> domainOf)
    {
        const int Connections = 8;
        var start = Stopwatch.GetTimestamp();
        var total = (int)(perSecond * duration.TotalSeconds);
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            using var session = await Session.OpenAsync(server, new TestMessage(sizeBytes, hasManySenders));
            for (int turn; (turn = Interlocked.Increment(ref next)) < total;)
            {
                var wait = TimeSpan.FromSeconds((double)turn / perSecond) - Stopwatch.GetElapsedTime(start);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, TimeProvider.System, CancellationToken.None);
                }

                await SendNextAsync(session, domainOf);
            }
        })));
    }

    /// <summary>Messages with many recipients; they carry no number.</summary>
    /// <param name="domainOf">The recipient's domain, by recipient number.</param>
    public async Task FillAsync(Func<int, string> domainOf, int recipients, int perMessage, int connections)
    {
        var left = recipients;
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            using var session = await Session.OpenAsync(server, new TestMessage(sizeBytes, hasManySenders));
            for (int before; (before = Interlocked.Add(ref left, -perMessage) + perMessage) > 0;)
            {
                var first = before;
                var names = Enumerable.Range(0, Math.Min(perMessage, before)).Select(i => $"u{first - i}@{domainOf(first - i)}");
                if (!await session.SendAsync([.. names]))
                {
                    ledger.NoteRefused();
                }
            }
        })));
    }

    private async Task SendNextAsync(Session session, Func<int, string> domainOf)
    {
        var number = ledger.TakeNumber();
        if (number < 0)
        {
            return;
        }

        ledger.NoteBegun(number);
        if (await session.SendAsync(number, "user@" + domainOf(number)))
        {
            ledger.NoteAccepted(number);
        }
        else
        {
            ledger.NoteRefused();
        }
    }

    private sealed class Session : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly byte[] _input = new byte[4096];
        private readonly byte[] _output = new byte[512];
        private readonly TestMessage _message;

        private Session(TestMessage message) => _message = message;

        public static async Task<Session> OpenAsync(IPEndPoint server, TestMessage message)
        {
            var session = new Session(message);
            await session._socket.ConnectAsync(server);
            await session.ReplyAsync('2');
            await session.CommandAsync("EHLO client.example.com\r\n", '2');
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
                var read = await _socket.ReceiveAsync(_input.AsMemory()).AsTask().WaitAsync(ReplyTimeout);
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

        public void Dispose() => _socket.Dispose();

        private async ValueTask<bool> CommandAsync(string command, char expected)
        {
            var length = Encoding.ASCII.GetBytes(command, _output);
            await WriteAsync(_output.AsMemory(0, length));
            return await ReplyAsync(expected);
        }

        private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes)..];
            }
        }

        /// <summary>There is one reply per command, so that it is complete when its last line is.</summary>
        private async ValueTask<bool> ReplyAsync(char expected)
        {
            for (var length = 0; ;)
            {
                var pending = _socket.ReceiveAsync(_input.AsMemory(length));
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
}
