using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>Takes in what <c>sendmail</c> left in the maildrop, at start and every few seconds, through the same sink as mail by SMTP.</summary>
/// <remarks>
/// A file goes only when its message is durable in the queue: a crash in between makes a duplicate, never a loss. A temporary refusal leaves
/// it for the next round; a permanent one moves it to <c>refused</c> beside, because its sender has gone home with exit code 0.
/// </remarks>
internal sealed class MaildropService(Maildrop maildrop, IMessageSink sink, TimeProvider time, ILogger<MaildropService> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private static readonly SmtpSession Session = new()
    {
        ConnectionId = "maildrop",
        Listener = "maildrop",
        Peer = new IPEndPoint(IPAddress.Loopback, 0),
        Local = new IPEndPoint(IPAddress.Loopback, 0),
        HelloName = "localhost",
        IsExtended = true,
    };

    /// <summary>One round; returns how many messages were accepted.</summary>
    public async ValueTask<int> TakeInAsync(CancellationToken cancellationToken)
    {
        var accepted = 0;
        foreach (var file in maildrop.Waiting())
        {
            cancellationToken.ThrowIfCancellationRequested();
            switch (await SubmitAsync(file, cancellationToken))
            {
                case { IsPositive: true }:
                    File.Delete(file);
                    accepted++;
                    break;
                case { IsPermanent: true } refusal:
                    PutAside(file, refusal.ToString());
                    break;
                default:
                    // The door is closed for now: the others would meet the same.
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
            }
            catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
            {
                RelayLog.MaildropTrouble(log, trouble);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async ValueTask<Mail.SmtpReply?> SubmitAsync(string file, CancellationToken cancellationToken)
    {
        SendmailMessage message;
        try
        {
            message = Maildrop.Read(await File.ReadAllBytesAsync(file, cancellationToken));
        }
        catch (FormatException wrong)
        {
            return Mail.SmtpReply.Of(554, "5.6.0", wrong.Message);
        }

        var begun = await sink.BeginAsync(Session, message.Envelope, cancellationToken);
        if (begun.Writer is not { } writer)
        {
            return begun.Refusal;
        }

        await using (writer)
        {
            await writer.WriteAsync(message.Content, cancellationToken);
            return await writer.CommitAsync();
        }
    }

    private void PutAside(string file, string reason)
    {
        var refused = Path.Combine(maildrop.Folder, "refused");
        Directory.CreateDirectory(refused);
        File.Move(file, Path.Combine(refused, Path.GetFileName(file)), overwrite: true);
        RelayLog.MaildropRefused(log, Path.GetFileName(file), reason);
    }
}
