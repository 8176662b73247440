using System.Globalization;
using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Mail;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>Takes in what <c>sendmail</c> left in the maildrop, at start and every few seconds, through the same sink as mail by SMTP.</summary>
/// <remarks>
/// A file goes only when its message is durable in the queue: a crash in between makes a duplicate, never a loss. A temporary refusal leaves
/// it for the next round; a permanent one gives it another name, because its sender has gone home with exit code 0. Any user may have put
/// anything there: no file keeps those of others waiting.
/// </remarks>
internal sealed class MaildropService(Maildrop maildrop, long maxMessageBytes, IMessageSink sink, TimeProvider time, ILogger<MaildropService> log) : BackgroundService
{
    // How many names are in memory at once; within them the oldest goes first.
    private const int Batch = 1000;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // No program writes one message for a day.
    private static readonly TimeSpan Unfinished = TimeSpan.FromDays(1);

    private static readonly SmtpSession Session = new()
    {
        ConnectionId = "maildrop",
        Listener = "maildrop",
        Peer = new IPEndPoint(IPAddress.Loopback, 0),
        Local = new IPEndPoint(IPAddress.Loopback, 0),
        HelloName = "localhost",
        IsExtended = true,
    };

    private DateTimeOffset _swept;
    private bool _isInTrouble;

    private enum Fate
    {
        Accepted,
        Gone,
        Waits,
        DoorIsClosed,
    }

    /// <summary>One round; returns how many messages were accepted.</summary>
    public async ValueTask<int> TakeInAsync(CancellationToken cancellationToken)
    {
        maildrop.Create();
        Sweep();
        var accepted = 0;
        foreach (var file in maildrop.Waiting().Chunk(Batch).SelectMany(batch => batch.OrderBy(file => file.LastWriteTimeUtc)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            switch (await TakeInAsync(file.FullName, cancellationToken))
            {
                case Fate.Accepted:
                    accepted++;
                    break;
                case Fate.DoorIsClosed:
                    // The others would meet the same.
                    return accepted;
            }
        }

        return accepted;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await TakeInAsync(stoppingToken);
                _isInTrouble = false;
            }
            catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
            {
                if (!_isInTrouble)
                {
                    RelayLog.MaildropTrouble(log, trouble);
                }

                _isInTrouble = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async ValueTask<Fate> TakeInAsync(string file, CancellationToken cancellationToken)
    {
        uint? user = null;
        try
        {
            if (await DroppedFile.ReadAsync(file, maxMessageBytes + DroppedEnvelope.MaxBytes, cancellationToken) is not { } dropped)
            {
                return Fate.Gone;
            }

            user = dropped.UserId;
            var message = Maildrop.Read(dropped.Content);
            if (message.Content.Length > maxMessageBytes)
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the message has {message.Content.Length} octets, of which {maxMessageBytes} are allowed"));
            }

            return await SubmitAsync(file, message, user, cancellationToken);
        }
        catch (DroppedFileException wrong)
        {
            return PutAside(file, wrong.UserId, wrong.Message);
        }
        catch (FormatException wrong)
        {
            return PutAside(file, user, wrong.Message);
        }
    }

    private async ValueTask<Fate> SubmitAsync(string file, SendmailMessage message, uint? user, CancellationToken cancellationToken)
    {
        var begun = await sink.BeginAsync(Session with { LocalUserId = user }, message.Envelope, cancellationToken);
        if (begun.Writer is not { } writer)
        {
            return begun.Refusal is { IsPermanent: true } closed ? PutAside(file, user, closed.ToString()) : Fate.DoorIsClosed;
        }

        SmtpReply reply;
        await using (writer)
        {
            await writer.WriteAsync(message.Content, cancellationToken);
            reply = await writer.CommitAsync();
        }

        if (reply.IsPositive)
        {
            File.Delete(file);
            return Fate.Accepted;
        }

        return reply.IsPermanent ? PutAside(file, user, reply.ToString()) : Fate.Waits;
    }

    private Fate PutAside(string file, uint? user, string reason)
    {
        var name = maildrop.PutAside(file);
        RelayLog.MaildropRefused(log, user?.ToString(CultureInfo.InvariantCulture) ?? "unknown", name, reason);
        return Fate.Gone;
    }

    private void Sweep()
    {
        var now = time.GetUtcNow();
        if (now - _swept >= Unfinished)
        {
            maildrop.RemoveUnfinished(now - Unfinished);
            _swept = now;
        }
    }
}
