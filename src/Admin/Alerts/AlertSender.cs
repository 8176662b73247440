using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Relay.Dns;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Tells of alerts by mail through our own queue, and by webhook; a way that fails is logged and harms no other.</summary>
/// <remarks>
/// Mail that was taken is the queue's to deliver. A call that fails is made again at the next looks, in order, <see cref="MaxAttempts"/> times at
/// most; while calls fail, the newest <see cref="MaxWaiting"/> are kept.
/// </remarks>
internal sealed class AlertSender(Func<AlertOptions> options, MessageIntake intake, GuardedHttp http, TimeProvider time, ILogger<AlertSender> log)
{
    public const int MaxAttempts = 10;
    public const int MaxWaiting = 20;

    private static readonly GuardedHttpLimits Limits = new() { CutsBody = true, AllowPlainHttp = true };

    private readonly Queue<WaitingCall> _waiting = [];

    /// <summary>To be called after every look, with nothing to say too: calls that failed are made again then.</summary>
    public async Task SendAsync(IReadOnlyList<Alert> raised, IReadOnlyList<Alert> ended, CancellationToken cancellationToken)
    {
        var told = options();
        if (told.Webhook is null)
        {
            _waiting.Clear();
        }

        if (raised.Count + ended.Count > 0)
        {
            Enqueue(told, raised, ended);
            await TryMailAsync(told, raised, ended, cancellationToken);
        }

        while (_waiting.TryPeek(out var call) && await TryCallAsync(told, call, cancellationToken))
        {
            _waiting.Dequeue();
        }
    }

    private void Enqueue(AlertOptions told, IReadOnlyList<Alert> raised, IReadOnlyList<Alert> ended)
    {
        if (told.Webhook is null)
        {
            return;
        }

        if (_waiting.Count == MaxWaiting)
        {
            AdminLog.AlertNotSent(log, $"{MaxWaiting} newer ones wait for the webhook", null);
            _waiting.Dequeue();
        }

        _waiting.Enqueue(new WaitingCall(JsonSerializer.SerializeToUtf8Bytes(new { host = told.Hostname, raised, ended }, JsonSerializerOptions.Web)));
    }

    private async Task TryMailAsync(AlertOptions told, IReadOnlyList<Alert> raised, IReadOnlyList<Alert> ended, CancellationToken cancellationToken)
    {
        if (told.MailTo.Count == 0)
        {
            return;
        }

        try
        {
            await MailAsync(told, raised, ended, cancellationToken);
        }
        catch (Exception trouble) when (trouble is IOException or SpoolException or StoreUnavailableException)
        {
            AdminLog.AlertNotSent(log, "its mail was not taken", trouble);
        }
    }

    /// <summary>True when the call is done with, well or for good.</summary>
    private async Task<bool> TryCallAsync(AlertOptions told, WaitingCall call, CancellationToken cancellationToken)
    {
        var (isDone, trouble) = await PostAsync(told, call.Body, cancellationToken);
        call.Attempts++;
        if (trouble is null)
        {
            return true;
        }

        if (isDone || call.Attempts >= MaxAttempts)
        {
            AdminLog.AlertNotSent(log, $"the webhook was called {call.Attempts} times: {trouble}", null);
            return true;
        }

        return false;
    }

    private async Task<(bool IsDone, string? Trouble)> PostAsync(AlertOptions told, byte[] body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, told.Webhook)
            {
                Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            };
            var answer = await http.SendAsync(request, Limits, cancellationToken);
            var isLater = (int)answer.StatusCode is >= 500 or 408 or 429;
            return (!isLater, answer.IsSuccess ? null : $"it answered {(int)answer.StatusCode}");
        }
        catch (GuardedHttpException trouble)
        {
            return (!trouble.IsTemporary, trouble.Message);
        }
    }

    private async Task MailAsync(AlertOptions told, IReadOnlyList<Alert> raised, IReadOnlyList<Alert> ended, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var lines = raised.Select(alert => alert.Text).Concat(ended.Select(alert => "Over: " + alert.Text));
        var first = raised.Count > 0 ? raised[0].Name : ended[0].Name + " is over";
        var composer = new MessageComposer
        {
            From = new NamedMailbox("Relay", told.From),
            To = [.. told.MailTo.Select(mailbox => new NamedMailbox(null, mailbox))],
            Subject = $"[{told.Hostname}] {first}",
            Text = string.Join("\n\n", lines) + "\n",
            Date = now,
            MessageId = MessageIdField.Make(Guid.CreateVersion7(now).ToString("N"), told.Hostname),
        };
        using var bytes = new MemoryStream();
        await composer.WriteAsync(bytes, cancellationToken);
        await using var content = intake.Begin();
        await content.WriteAsync(bytes.ToArray(), cancellationToken);
        var result = await intake.AcceptAsync(content, new Submission
        {
            Door = Door.Internal,
            Priority = MessagePriority.High,
            Envelope = new Envelope { ReversePath = ReversePath.Null, Recipients = [.. told.MailTo.Select(mailbox => new EnvelopeRecipient(mailbox))] },
        });
        if (result.Refusal is { } refusal)
        {
            throw new IOException($"the alert was not taken: {refusal}");
        }
    }

    private sealed class WaitingCall(byte[] body)
    {
        public byte[] Body { get; } = body;

        public int Attempts { get; set; }
    }
}
