using Relay.Mail;
using Relay.Platform.Tracking;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>Composes the message of an e-mail straight into the spool: one for all, or one for each recipient when it is tracked.</summary>
internal sealed class EmailComposer(MessageIntake intake, ILinkTracker tracker, PlatformOptions options)
{
    /// <param name="room">Octets the request may still compose.</param>
    /// <returns>To be disposed; or a fault of 413 when it is too large.</returns>
    public async ValueTask<ApiResult<ComposedEmail>> ComposeAsync(EmailSender sender, PreparedEmail email, long room, CancellationToken cancellationToken)
    {
        var plainText = email.Content.Text ?? (email is { Content.Html: { } html, Request.Raw: null } ? HtmlToText.Convert(html) : null);
        var composed = new ComposedEmail(email);
        try
        {
            foreach (var copy in Copies(sender, email))
            {
                var content = intake.Begin();
                composed.Add(copy.Recipient, content);
                var left = Math.Min(options.MaxMessageBytes, room - composed.SizeBytes + content.LengthBytes);
                await using var output = new IntakeStream(content, left);
                composed.NeedsSmtpUtf8 |= await WriteAsync(email, copy.Track, plainText, output, cancellationToken);
                if (output.IsFull)
                {
                    await composed.DisposeAsync();
                    return TooLarge(email, left < options.MaxMessageBytes);
                }
            }

            composed.Complete(sender);
            return composed;
        }
        catch
        {
            await composed.DisposeAsync();
            throw;
        }
    }

    private IEnumerable<(Mailbox? Recipient, Func<string, string>? Track)> Copies(EmailSender sender, PreparedEmail email)
    {
        if (email.Content.Html is null || !email.Tracking.IsAny || email.Request.Raw is { MayBeTracked: false })
        {
            return [(null, null)];
        }

        return email.Request.Recipients().Select(recipient => ((Mailbox?)recipient, (Func<string, string>?)Tracker(sender, email, recipient)));
    }

    private Func<string, string> Tracker(EmailSender sender, PreparedEmail email, Mailbox recipient)
    {
        var target = new TrackingTarget
        {
            AccountId = sender.AccountId,
            MessageId = email.Id,
            Recipient = recipient,
            Choice = email.Tracking,
            Host = email.Domain?.TrackingHost,
        };
        return html => tracker.Track(html, target);
    }

    private static async ValueTask<bool> WriteAsync(
        PreparedEmail email, Func<string, string>? track, string? text, IntakeStream output, CancellationToken cancellationToken)
    {
        if (email.Request.Raw is { } raw)
        {
            await raw.WriteAsync(output, email.MessageIdField, track, cancellationToken);
            return raw.NeedsSmtpUtf8;
        }

        var request = email.Request;
        var composer = new MessageComposer
        {
            From = request.Sender,
            To = request.To!.Mailboxes,
            Cc = request.Cc?.Mailboxes ?? [],
            ReplyTo = request.ReplyTo?.Mailboxes ?? [],
            Subject = email.Content.Subject,
            Html = email.Content.Html is { } html && track is not null ? track(html) : email.Content.Html,
            Text = text,
            Attachments = [.. request.Attachments.Select(Attachment)],
            Headers = [.. request.Headers, .. ThreadFields(email)],
            // The intake prepends it, so that it can move with the time of a scheduled e-mail.
            Date = null,
            MessageId = email.MessageIdField,
        };
        await composer.WriteAsync(output, cancellationToken);
        return composer.NeedsSmtpUtf8;
    }

    private static MessageAttachment Attachment(AttachmentRequest attachment) => new()
    {
        FileName = attachment.FileName,
        ContentType = attachment.ContentType,
        ContentId = attachment.ContentId,
        OpenContent = _ => ValueTask.FromResult<Stream>(new Base64JsonStream(attachment.Content)),
    };

    private static IEnumerable<KeyValuePair<string, string>> ThreadFields(PreparedEmail email) => email.Parent is not { } parent
        ? []
        : [new("In-Reply-To", parent.MessageIdField), new("References", string.Join(' ', email.References))];

    private ApiFault TooLarge(PreparedEmail email, bool isByRequest) => ApiFault.TooLarge(isByRequest
        ? string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"the e-mails of one request may have {EmailLimits.MaxComposedBytes} octets together{(email.Tracking.IsAny ? ", and a tracked one counts once for each recipient" : string.Empty)}; send them in several requests")
        : string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"the composed message is larger than the {options.MaxMessageBytes} octets this server takes"));
}
