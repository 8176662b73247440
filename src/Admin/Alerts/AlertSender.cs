using System.Net.Http.Json;
using Microsoft.Extensions.Logging;
using Relay.Dns;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Tells of alerts by mail through our own queue, and by webhook; a way that fails is logged and harms no other.</summary>
internal sealed class AlertSender(AlertOptions options, MessageIntake intake, GuardedHttp http, TimeProvider time, ILogger<AlertSender> log)
{
    public async Task SendAsync(IReadOnlyList<Alert> raised, IReadOnlyList<Alert> ended, CancellationToken cancellationToken)
    {
        try
        {
            if (options.MailTo.Count > 0)
            {
                await MailAsync(raised, ended, cancellationToken);
            }

            if (options.Webhook is { } url)
            {
                await PostAsync(url, raised, ended, cancellationToken);
            }
        }
        catch (Exception trouble) when (trouble is GuardedHttpException or IOException or SpoolException or StoreUnavailableException)
        {
            AdminLog.AlertNotSent(log, trouble);
        }
    }

    private async Task MailAsync(IReadOnlyList<Alert> raised, IReadOnlyList<Alert> ended, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var lines = raised.Select(alert => alert.Text).Concat(ended.Select(alert => "Over: " + alert.Text));
        var first = raised.Count > 0 ? raised[0].Name : ended[0].Name + " is over";
        var composer = new MessageComposer
        {
            From = new NamedMailbox("Relay", options.From),
            To = [.. options.MailTo.Select(mailbox => new NamedMailbox(null, mailbox))],
            Subject = $"[{options.Hostname}] {first}",
            Text = string.Join("\n\n", lines) + "\n",
            Date = now,
            MessageId = MessageIdField.Make(Guid.CreateVersion7(now).ToString("N"), options.Hostname),
        };
        using var bytes = new MemoryStream();
        await composer.WriteAsync(bytes, cancellationToken);
        await using var content = intake.Begin();
        await content.WriteAsync(bytes.ToArray(), cancellationToken);
        var result = await intake.AcceptAsync(content, new Submission
        {
            Door = Door.Internal,
            Priority = MessagePriority.High,
            Envelope = new Envelope { ReversePath = ReversePath.Null, Recipients = [.. options.MailTo.Select(mailbox => new EnvelopeRecipient(mailbox))] },
        });
        if (result.Refusal is { } refusal)
        {
            throw new IOException($"the alert was not taken: {refusal}");
        }
    }

    private async Task PostAsync(Uri url, IReadOnlyList<Alert> raised, IReadOnlyList<Alert> ended, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = JsonContent.Create(new { host = options.Hostname, raised, ended }) };
        await http.SendAsync(request, new GuardedHttpLimits { CutsBody = true, AllowPlainHttp = true }, cancellationToken);
    }
}
