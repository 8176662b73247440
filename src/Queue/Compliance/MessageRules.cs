using Relay.Mail;

namespace Relay.Queue;

/// <summary>The rules that a message itself keeps or breaks.</summary>
public static class MessageRules
{
    /// <summary>RFC 5322 §2.1.1.</summary>
    public const int MaxLineOctets = 998;

    private const long MaxSizeBytes = 25_000_000;

    private static readonly string[] OnlyOnce = ["Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "In-Reply-To", "References"];

    /// <param name="longestLine">Of the content, in octets.</param>
    /// <param name="adds">Fields that this server adds where they are missing.</param>
    public static IEnumerable<ComplianceFinding> Judge(QueuedMessage message, HeaderBlock header, int longestLine, AddedFields adds, ComplianceOptions options)
    {
        var isBroadcast = message.Stream == MailStream.Broadcast;
        ComplianceFinding?[] found =
        [
            From(header),
            MessageId(header, adds.MessageId),
            Date(header, adds.Date),
            Duplicates(header),
            longestLine > MaxLineOctets ? Of(ComplianceRules.LineLength, $"a line has {longestLine} octets; {MaxLineOctets} are allowed") : null,
            message.SizeBytes > MaxSizeBytes ? Of(ComplianceRules.Size, $"the message has {message.SizeBytes} octets") : null,
            isBroadcast ? OneClick(header) : null,
            isBroadcast && options.RequiresFeedbackId && !header.Contains("Feedback-ID") ? Of(ComplianceRules.FeedbackId, "there is no Feedback-ID") : null,
        ];
        return found.OfType<ComplianceFinding>();
    }

    public static bool OffersOneClick(HeaderBlock header) => OneClick(header) is null;

    private static ComplianceFinding? From(HeaderBlock header)
    {
        var count = header.Count("From");
        if (count != 1)
        {
            return Of(ComplianceRules.From, count == 0 ? "there is no From" : $"From stands there {count} times");
        }

        var addresses = header.Addresses("From");
        return addresses switch
        {
            { Count: 1, Unparsed.Count: 0 } when addresses[0].Mailbox.Domain is not null => null,
            { Count: > 1 } => Of(ComplianceRules.From, $"From names {addresses.Count} addresses"),
            _ => Of(ComplianceRules.From, "From cannot be read as one address with a domain"),
        };
    }

    private static ComplianceFinding? MessageId(HeaderBlock header, bool isAdded) => header.Count("Message-ID") switch
    {
        0 => isAdded ? null : Of(ComplianceRules.MessageId, "there is no Message-ID"),
        1 => IsMessageId(header.Value("Message-ID")!.Trim()) ? null : Of(ComplianceRules.MessageId, "Message-ID is not well formed"),
        var count => Of(ComplianceRules.MessageId, $"Message-ID stands there {count} times"),
    };

    // RFC 5322 §3.6.4: something on either side of an @.
    private static bool IsMessageId(string text) =>
        MessageIdField.IsValid(text) && text.IndexOf('@', StringComparison.Ordinal) is var at && at > 1 && at < text.Length - 2;

    private static ComplianceFinding? Date(HeaderBlock header, bool isAdded) => header.Count("Date") switch
    {
        0 => isAdded ? null : Of(ComplianceRules.Date, "there is no Date"),
        1 => MailDate.TryParse(header.Value("Date")!, out _) ? null : Of(ComplianceRules.Date, "Date cannot be read"),
        var count => Of(ComplianceRules.Date, $"Date stands there {count} times"),
    };

    private static ComplianceFinding? Duplicates(HeaderBlock header)
    {
        var twice = OnlyOnce.Where(name => header.Count(name) > 1).ToList();
        return twice.Count == 0 ? null : Of(ComplianceRules.Duplicate, $"more than once: {string.Join(", ", twice)}");
    }

    // RFC 8058 §3.1: an https address, and the other field with exactly this value.
    private static ComplianceFinding? OneClick(HeaderBlock header) =>
        header.Value("List-Unsubscribe") is not { } list ? Of(ComplianceRules.OneClick, "broadcast mail without List-Unsubscribe")
        : !list.Contains("<https://", StringComparison.OrdinalIgnoreCase) ? Of(ComplianceRules.OneClick, "List-Unsubscribe has no https address")
        : header.Value("List-Unsubscribe-Post")?.Trim().Equals("List-Unsubscribe=One-Click", StringComparison.OrdinalIgnoreCase) == true ? null
        : Of(ComplianceRules.OneClick, "List-Unsubscribe-Post is missing or not One-Click");

    private static ComplianceFinding Of(ComplianceRule rule, string found) => new(rule, found);
}

/// <summary>Fields that are made at the door where a message lacks them.</summary>
public readonly record struct AddedFields(bool MessageId, bool Date);
