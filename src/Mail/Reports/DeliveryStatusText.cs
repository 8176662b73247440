using System.Text;

namespace Relay.Mail;

/// <summary>The words of a <see cref="DeliveryStatusReport"/> for people: what happened to each recipient, then what the other server said.</summary>
internal static class DeliveryStatusText
{
    private const int LineLength = 74;
    private const int MaxReplyLength = 1000;
    private const int MaxSubjectLength = 200;

    public static string Subject(DeliveryStatusReport report)
    {
        var text = report.Texts.Say(CommonAction(report) switch
        {
            DeliveryAction.Failed => ReportPhrase.SubjectFailed,
            DeliveryAction.Delayed => ReportPhrase.SubjectDelayed,
            DeliveryAction.Delivered or DeliveryAction.Relayed or DeliveryAction.Expanded => ReportPhrase.SubjectDelivered,
            _ => ReportPhrase.SubjectMixed,
        });
        return report.Recipients is [{ FinalRecipient.NeedsSmtpUtf8: false } only] ? $"{text}: {only.FinalRecipient}" : text;
    }

    public static string Body(DeliveryStatusReport report)
    {
        var text = new StringBuilder();
        AppendWrapped(text, report.Texts.Say(ReportPhrase.Greeting, ("host", report.ReportingMta)), string.Empty);
        text.Append('\n');
        AppendWrapped(text, report.Texts.Say(Opening(report)), string.Empty);
        if (!string.IsNullOrWhiteSpace(report.OriginalSubject))
        {
            text.Append('\n');
            AppendWrapped(text, report.Texts.Say(ReportPhrase.About, ("subject", Shorten(report.OriginalSubject, MaxSubjectLength))), string.Empty);
        }

        foreach (var recipient in report.Recipients)
        {
            text.Append('\n');
            AppendWrapped(text, $"{recipient.FinalRecipient}: {Explanation(recipient, report.Texts)}", string.Empty);
            if (Technical(recipient, report.Texts) is { } technical)
            {
                text.Append('\n');
                AppendWrapped(text, Shorten(technical, MaxReplyLength), "    ");
            }
        }

        return text.ToString();
    }

    // No half of a surrogate pair is left.
    private static string Shorten(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)] + "...";

    private static DeliveryAction? CommonAction(DeliveryStatusReport report)
    {
        var action = report.Recipients[0].Action;
        return report.Recipients.All(recipient => recipient.Action == action) ? action : null;
    }

    private static ReportPhrase Opening(DeliveryStatusReport report) => CommonAction(report) switch
    {
        DeliveryAction.Failed => ReportPhrase.OpeningFailed,
        DeliveryAction.Delayed => ReportPhrase.OpeningDelayed,
        DeliveryAction.Delivered or DeliveryAction.Relayed or DeliveryAction.Expanded => ReportPhrase.OpeningDelivered,
        _ => ReportPhrase.OpeningMixed,
    };

    private static string Explanation(RecipientReport recipient, ReportTexts texts) => recipient.Action switch
    {
        DeliveryAction.Delivered => texts.Say(ReportPhrase.Delivered),
        DeliveryAction.Relayed => texts.Say(ReportPhrase.Relayed),
        DeliveryAction.Expanded => texts.Say(ReportPhrase.Expanded),
        DeliveryAction.Delayed => $"{texts.Say(ReportPhrase.Waiting, ("reason", texts.Say(Reason(recipient.Status))))} {Until(recipient, texts)}",
        _ => texts.Say(Reason(recipient.Status)),
    };

    private static string Until(RecipientReport recipient, ReportTexts texts) => recipient.WillRetryUntil is { } end
        ? texts.Say(ReportPhrase.TriedUntil, ("time", MailDate.Format(end)))
        : texts.Say(ReportPhrase.TriedAgain);

    // RFC 3463 §3, in words for somebody who does not run a mail server.
    private static ReportPhrase Reason(EnhancedStatusCode status) => (status.Subject, status.Detail) switch
    {
        (1, 1) => ReportPhrase.NoMailbox,
        (1, 2) or (4, 4) => ReportPhrase.NoDomain,
        (1, 3) => ReportPhrase.BadAddress,
        (1, 6) => ReportPhrase.Moved,
        (1, 10) => ReportPhrase.NoMail,
        (2, 1) => ReportPhrase.Inactive,
        (2, 2) => ReportPhrase.Full,
        (2, 3) or (3, 4) => ReportPhrase.TooLarge,
        (4, 1) or (4, 2) or (4, 3) or (4, 5) => ReportPhrase.Unreachable,
        (4, 6) => ReportPhrase.Loop,
        (4, 7) => ReportPhrase.TooLate,
        (6, _) => ReportPhrase.Unsupported,
        (7, _) => ReportPhrase.Rules,
        (1, _) => ReportPhrase.AddressRefused,
        _ => ReportPhrase.Refused,
    };

    private static string? Technical(RecipientReport recipient, ReportTexts texts) => recipient switch
    {
        { Reply: { } reply, RemoteMta: { } host } => texts.Say(ReportPhrase.HostSaid, ("host", host), ("reply", reply.ToString())),
        { Reply: { } reply } => texts.Say(ReportPhrase.ServerSaid, ("reply", reply.ToString())),
        { Diagnostic: { } text } => text,
        _ => null,
    };

    private static void AppendWrapped(StringBuilder text, string paragraph, string indent)
    {
        var lineLength = 0;
        foreach (var word in HeaderFolding.Flatten(paragraph).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (lineLength > 0 && lineLength + 1 + word.Length > LineLength)
            {
                text.Append('\n');
                lineLength = 0;
            }

            var separator = lineLength == 0 ? indent : " ";
            text.Append(separator).Append(word);
            lineLength += separator.Length + word.Length;
        }

        text.Append('\n');
    }
}
