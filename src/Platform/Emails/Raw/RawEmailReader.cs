using System.Globalization;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>Makes an e-mail of a raw message: who sends it, to whom, and what of it is shown in lists.</summary>
/// <remarks>
/// 1. Line ends. 2. Out of the header block: Bcc, which nobody may see, and what is for the server (docs/submission-headers.md).
/// 3. The envelope: as given, else From and To, Cc, Bcc. 4. The rest describes the message and changes nothing in it.
/// </remarks>
internal static class RawEmailReader
{
    private const string Field = "message";

    public static RawEmail? Read(RawFields fields, DateTimeOffset now, FieldFaults faults)
    {
        if (fields.Message is not { Length: > 0 } given)
        {
            faults.Add(Field, "is missing; give the whole message, header and body");
            return null;
        }

        if (RawLines.Normalize(given) is not { } content)
        {
            faults.Add(Field, "holds a CR without LF, or a NUL; lines end in CR LF or LF");
            return null;
        }

        var header = HeaderBlock.Parse(content, out var bodyStart);
        if (HeaderProblem(header, bodyStart, content.Length) is { } problem)
        {
            faults.Add(Field, problem);
            return null;
        }

        var wishes = SubmissionHeaders.Read(Part(header, SubmissionHeaders.Holds), now, out var refusal);
        if (refusal is not null)
        {
            faults.Add(Field, refusal.Text);
            return null;
        }

        var kept = header.Fields.Where(field => !IsTakenOut(field)).SelectMany(field => field.Raw.ToArray());
        var email = Describe(header, new RawMessage([.. kept, .. content.AsSpan(header.Bytes.Length)]), fields);
        email.ScheduledAt = fields.ScheduledAt ?? wishes.NotBefore;
        (email.ExpiresAt, email.ExpiresIn) = fields is { ExpiresAt: null, ExpiresIn: null } ? (wishes.ExpiresAt, null) : (fields.ExpiresAt, fields.ExpiresIn);
        email.Priority = wishes.Priority;
        email.Tags = fields.Tags ?? wishes.Tags;
        email.Stream = fields.Stream ?? wishes.Stream ?? MailStream.Transactional;
        Check(email, header, faults);
        return new RawEmail(new EmailItem(email, faults), wishes.IdempotencyKey);
    }

    // Others read on behind such a line to the blank one: a second From nobody looked at, a Bcc nobody took out.
    private static string? HeaderProblem(HeaderBlock header, int bodyStart, int length) =>
        header.IsCut ? string.Create(CultureInfo.InvariantCulture, $"has more than {HeaderBlock.MaxFields} header fields")
        : header.Fields.Count > 0 && bodyStart == header.Bytes.Length && bodyStart < length ? "has a line in its header block that is no field (RFC 5322 §2.2)"
        : null;

    private static bool IsTakenOut(HeaderField field) =>
        field.Is("Bcc") || field.Is("Resent-Bcc") || field.Is("Return-Path") || SubmissionHeaders.Holds(field);

    private static HeaderBlock Part(HeaderBlock header, Func<HeaderField, bool> isWanted) =>
        HeaderBlock.Parse(header.Fields.Where(isWanted).SelectMany(field => field.Raw.ToArray()).ToArray());

    private static EmailRequest Describe(HeaderBlock header, RawMessage message, RawFields fields)
    {
        var from = header.Addresses("From");
        var email = new EmailRequest
        {
            Raw = message,
            From = from.Count > 0 ? from[0] : null,
            FromText = from.Count > 0 ? from[0].ToString() : string.Empty,
            ReversePath = fields.From?.Mailbox,
            FurtherSenders = [.. from.Skip(1).Concat(header.Addresses("Sender")).Select(named => named.Mailbox), .. fields.From is { } reverse ? [reverse.Mailbox] : Array.Empty<Mailbox>()],
            To = Given(header.Addresses("To")),
            Cc = header.Contains("Cc") ? Given(header.Addresses("Cc")) : null,
            ReplyTo = header.Contains("Reply-To") ? Given(header.Addresses("Reply-To")) : null,
            Subject = Bound(header.Text("Subject")),
            Html = message.Text("text/html"),
            Text = message.Text("text/plain"),
            TrackOpens = fields.TrackOpens,
            TrackClicks = fields.TrackClicks,
        };
        email.EnvelopeRecipients = [.. (fields.To ?? [.. email.To!.Mailboxes, .. email.Cc?.Mailboxes ?? [], .. header.Addresses("Bcc")]).Select(named => named.Mailbox).Distinct()];
        var shown = email.To!.Mailboxes.Concat(email.Cc?.Mailboxes ?? []).Select(named => named.Mailbox).ToHashSet();
        var hidden = email.EnvelopeRecipients.Where(recipient => !shown.Contains(recipient)).Select(recipient => new NamedMailbox(null, recipient)).ToList();
        email.Bcc = hidden.Count > 0 ? Given(hidden) : null;
        return email;
    }

    private static void Check(EmailRequest email, HeaderBlock header, FieldFaults faults)
    {
        if (header.Count("From") != 1)
        {
            faults.Add(Field, "needs exactly one From field (RFC 5322 §3.6)");
        }
        else if (email.From is null || email.From.Mailbox.Domain is null || !AreAddresses(header.Addresses("From")))
        {
            faults.Add(Field, "has a From field that is not an address with a domain");
        }

        if (email.ReversePath is { Domain: null })
        {
            faults.Add("from", "must have a domain");
        }

        if (email.EnvelopeRecipients!.Count == 0)
        {
            faults.Add("to", "there is nobody to send to: name recipients here, or in To, Cc or Bcc of the message");
        }
        else if (email.EnvelopeRecipients.Count > EmailLimits.MaxRecipients)
        {
            faults.Add("to", string.Create(CultureInfo.InvariantCulture, $"a message may have {EmailLimits.MaxRecipients} recipients; these are {email.EnvelopeRecipients.Count}"));
        }

        foreach (var name in (string[])["Sender", "To", "Cc", "Bcc"])
        {
            if (header.FindAll(name).Any(field => AddressList.Parse(field.Value).Unparsed.Count > 0))
            {
                faults.Add(Field, $"has a {name} field with something that is not an address");
            }
        }
    }

    // The name of a group is shown where there is nobody in it; one that looks like an address would be read as the sender.
    private static bool AreAddresses(AddressList from) =>
        from.Unparsed.Count == 0
        && !from.Groups.Any(group => group.Name is { } name && EncodedWord.Decode(name).Contains('@', StringComparison.Ordinal));

    private static GivenAddresses Given(IReadOnlyList<NamedMailbox> mailboxes) =>
        new(new AddressField(false, [.. mailboxes.Select(named => named.ToString())]), mailboxes);

    private static string Bound(string? text)
    {
        var line = string.Concat((text ?? string.Empty).Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return line.Length > EmailLimits.MaxSubjectLength ? line[..EmailLimits.MaxSubjectLength] : line;
    }
}
