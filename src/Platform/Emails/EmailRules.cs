using System.Globalization;
using Relay.Mail;

namespace Relay.Platform.Emails;

/// <summary>What the fields of one e-mail must be together, as far as it can be told without asking a store.</summary>
internal static class EmailRules
{
    public static void Check(EmailRequest email, FieldFaults faults)
    {
        CheckAddresses(email, faults);
        CheckContent(email, faults);
        CheckHeaders(email, faults);
        CheckContentIds(email, faults);
    }

    private static void CheckAddresses(EmailRequest email, FieldFaults faults)
    {
        if (email.From is null)
        {
            faults.Add("from", "is missing");
        }
        else if (email.Sender.Mailbox.Domain is null)
        {
            faults.Add("from", "must have a domain");
        }

        if (email.To is not { Mailboxes.Count: > 0 })
        {
            faults.Add("to", "is missing; name at least one recipient");
        }

        var count = (email.To?.Mailboxes.Count ?? 0) + (email.Cc?.Mailboxes.Count ?? 0) + (email.Bcc?.Mailboxes.Count ?? 0);
        if (count > EmailLimits.MaxRecipients)
        {
            faults.Add("to", string.Create(CultureInfo.InvariantCulture, $"to, cc and bcc may hold {EmailLimits.MaxRecipients} recipients together; these are {count}"));
        }
    }

    private static void CheckContent(EmailRequest email, FieldFaults faults)
    {
        if (email.TemplateId is not null)
        {
            return;
        }

        if (email.Subject is null)
        {
            faults.Add("subject", "is missing; it may be left out only with a templateId");
        }

        if (email.Html is null && email.Text is null)
        {
            faults.Add("html", "is missing; give html, text or a templateId");
        }
    }

    private static void CheckHeaders(EmailRequest email, FieldFaults faults)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in email.Headers)
        {
            var field = "headers." + name;
            if (!MessageComposer.IsAllowedField(name))
            {
                faults.Add(field, HeaderFolding.IsFieldName(name) ? "is written by the server and cannot be set" : "is not a header field name (RFC 5322 §3.6.8)");
            }
            else if (!seen.Add(name))
            {
                faults.Add(field, "is given twice; names of header fields have no case");
            }
            else if (value.Split(' ', '\t').Any(word => word.Length > EmailLimits.MaxHeaderWordLength))
            {
                faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"needs a space every {EmailLimits.MaxHeaderWordLength} characters at least"));
            }
            else if (email.InReplyToId is not null && name.ToUpperInvariant() is "IN-REPLY-TO" or "REFERENCES")
            {
                faults.Add(field, "is set by inReplyToId; give one or the other");
            }
        }
    }

    private static void CheckContentIds(EmailRequest email, FieldFaults faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < email.Attachments.Count; i++)
        {
            if (email.Attachments[i].ContentId is { } contentId && !seen.Add(contentId))
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"attachments[{i}].contentId"), "is that of an earlier attachment");
            }
        }
    }
}
