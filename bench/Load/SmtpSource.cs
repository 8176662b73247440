using System.Diagnostics;
using System.Net;

namespace Relay.Bench.Load;

/// <summary>Hands messages in by plain SMTP: one command at a time, many messages per connection.</summary>
internal sealed class SmtpSource(IPEndPoint server, int sizeBytes, MessageLedger ledger, bool hasManySenders = false, bool usesTls = false)
{
    /// <summary>As fast as the server takes them, until <paramref name="count"/> were handed out or the time is over.</summary>
    /// <param name="domainOf">The recipient's domain, by message number.</param>
    public async Task FloodAsync(int connections, int count, TimeSpan atMost, Func<int, string> domainOf)
    {
        var start = Stopwatch.GetTimestamp();
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            await using var session = await SourceSession.OpenAsync(server, new TestMessage(sizeBytes, hasManySenders), usesTls);
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
            await using var session = await SourceSession.OpenAsync(server, new TestMessage(sizeBytes, hasManySenders), usesTls);
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
            await using var session = await SourceSession.OpenAsync(server, new TestMessage(sizeBytes, hasManySenders), usesTls);
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

    private async Task SendNextAsync(SourceSession session, Func<int, string> domainOf)
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
}
