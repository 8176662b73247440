using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Relay.Mail;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>One recipient of a report with the facts for the classifier.</summary>
/// <param name="Recipient">As written; null when unreadable.</param>
/// <param name="Action">failed, delayed, delivered, relayed, expanded; for what is no report about delivery its kind.</param>
/// <param name="IsFailure">It will not be tried any more.</param>
public sealed record ReportedRecipient(string? Recipient, string? OriginalRecipient, string Action, bool IsFailure, BounceFacts Facts)
{
    public Mailbox? Mailbox => Recipient is not null && Mail.Mailbox.TryParse(Recipient, out var mailbox) ? mailbox : null;
}

/// <summary>From what a report says to what the classifier looks at: the reply that is quoted, its codes, and the words around it.</summary>
public static class ReportEvidence
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    private static readonly Regex CodeAndEnhanced = new(@"(^|[^0-9.])([45][0-9]{2})[ \t:#-]{1,3}\(?#?([245]\.[0-9]{1,3}\.[0-9]{1,3})([^0-9.]|\.?$|\.[^0-9])", Options);
    private static readonly Regex EnhancedAlone = new(@"(^|[^0-9.])([45]\.[0-9]{1,3}\.[0-9]{1,3})([^0-9.]|\.?$|\.[^0-9])", Options);
    private static readonly Regex CodeAlone = new(@"(^|[\s:<>'""(\[;.,=-])([45][0-5][0-9])([\s:-]|$)", Options);
    private static readonly Regex Delay = new(@"will (be retried|retry|keep trying|continue)|attempts will continue|has been (postponed|deferred)|still being retried|has been delayed|was delayed|warning message only|this is a warning only|not yet been delivered|has not yet been|retried (for|until)|do not need to resend", Options);

    private static readonly Regex Refusal = new(@"<<< [45][0-9]{2}", Options);

    // One gateway puts the peer's reply in quotes behind a text of its own.
    private static readonly Regex Quoted = new(@"- Unknown address error [0-9]{3}-'([^']{3,800})'", Options);

    private static readonly (string Word, string Step)[] Commands = [("MAIL", "Mail"), ("RCPT", "Recipient"), ("DATA", "FinalDot"), ("BDAT", "FinalDot"), (".", "FinalDot")];

    // How mail systems tell at which command they were refused.
    private static readonly (string Words, string Step)[] Sentences =
    [
        ("end of data", "FinalDot"), ("to DATA command", "FinalDot"), ("our final DATA", "FinalDot"), ("failed after I sent the message", "FinalDot"), ("[DATA]", "FinalDot"),
        ("command: DATA", "FinalDot"), ("SMTP command\nDATA", "FinalDot"),
        ("after RCPT", "Recipient"), ("to RCPT", "Recipient"), ("RCPT TO:", "Recipient"), ("does not like recipient", "Recipient"), ("[RCPT_TO]", "Recipient"),
        ("SMTP:RCPT", "Recipient"), ("RCPT TO response", "Recipient"), ("RCPT TO command", "Recipient"),
        ("after MAIL FROM", "Mail"), ("to MAIL FROM", "Mail"), ("does not like sender", "Mail"), ("[MAIL_FROM]", "Mail"),
    ];

    public static IReadOnlyList<ReportedRecipient> Of(IncomingReport report) =>
        [.. report.Recipients.Where(recipient => recipient.Action is null or DeliveryAction.Failed or DeliveryAction.Delayed || report.Recipients.Count == 1).Select(recipient => Describe(report, recipient))];

    /// <summary>A step as people and answers write it; null when there is no such step.</summary>
    public static string? StepNamed(string word) =>
        Array.Find(Enum.GetNames<TransactionStep>(), name => name.Equals(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>Steps as answers spell them.</summary>
    public static IEnumerable<string> StepWords => Enum.GetNames<TransactionStep>().Select(JsonNamingPolicy.CamelCase.ConvertName);

    /// <summary>The facts of a reply as text: <c>550 5.1.1 no such user</c>.</summary>
    public static BounceFacts OfReply(string reply, string? step, string? host)
    {
        var (code, enhanced) = CodesOf(reply);
        return new BounceFacts { ReplyCode = code, Enhanced = enhanced, Text = reply, Step = step, Host = host };
    }

    private static ReportedRecipient Describe(IncomingReport report, ReceivedRecipientStatus recipient)
    {
        var diagnostic = recipient.Diagnostic ?? string.Empty;
        diagnostic = Quoted.Match(diagnostic) is { Success: true } quoted ? quoted.Groups[1].Value : diagnostic;
        var (code, enhanced) = CodesOf(diagnostic);
        if (code is null && enhanced is null && recipient.Status is null)
        {
            (code, enhanced) = CodesOf(report.Text);
        }

        // A status that says nothing (x.0.0) gives way to the one in the reply.
        enhanced = recipient.Status is { } status && (enhanced is null || status is not { Subject: 0, Detail: 0 }) ? status : enhanced;
        var isDelay = recipient.Action == DeliveryAction.Delayed || (recipient.Action is null && Delay.IsMatch(report.Text));
        var action = report.Kind == ReportKind.Delivery
            ? recipient.Action?.ToString().ToLowerInvariant() ?? (isDelay ? "delayed" : "failed")
            : report.Kind.ToString().ToLowerInvariant();
        return new ReportedRecipient(
            recipient.Mailbox?.ToString() ?? recipient.FinalRecipient ?? recipient.OriginalRecipient,
            recipient.OriginalRecipient,
            action,
            action == "failed",
            new BounceFacts
            {
                ReplyCode = code,
                Enhanced = enhanced,
                Text = diagnostic,
                MoreText = report.Text,
                Step = StepOf(diagnostic, report.Text),
                Category = recipient.Category,
                Host = recipient.RemoteMta,
                IsDelay = isDelay,
            });
    }

    private static (int? Code, EnhancedStatusCode? Enhanced) CodesOf(string text)
    {
        var bounded = text.Length > BounceWords.MaxLength ? text[..BounceWords.MaxLength] : text;
        if (CodeAndEnhanced.Match(bounded) is { Success: true } both)
        {
            return (Number(both.Groups[2].Value), EnhancedStatusCode.TryParse(both.Groups[3].Value, out var code) ? code : null);
        }

        var reply = CodeAlone.Match(bounded);
        var alone = EnhancedAlone.Match(bounded);
        return (
            reply.Success ? Number(reply.Groups[2].Value) : null,
            alone.Success && EnhancedStatusCode.TryParse(alone.Groups[2].Value, out var enhanced) ? enhanced : null);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>The command that was refused, where the report names it, by the names of the conversation's steps.</summary>
    private static string? StepOf(string diagnostic, string text) => StepIn(diagnostic) ?? StepIn(text);

    private static string? StepIn(string text)
    {
        // A transcript: the last command before the refusal.
        if (Refusal.Match(text) is { Success: true } refusal)
        {
            text = text[..refusal.Index];
            return Commands.Select(command => (command.Step, At: text.LastIndexOf(">>> " + command.Word, StringComparison.OrdinalIgnoreCase)))
                .Where(command => command.At >= 0).OrderByDescending(command => command.At).Select(command => command.Step).FirstOrDefault();
        }

        return Sentences.FirstOrDefault(sentence => text.Contains(sentence.Words, StringComparison.OrdinalIgnoreCase)).Step;
    }
}
