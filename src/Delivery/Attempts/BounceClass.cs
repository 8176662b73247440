using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Names why a peer refused, and on which side the fault lies: by enhanced code, else by well-known words, else by code and step.</summary>
internal static class BounceClass
{
    public const string BadMailbox = "bad-mailbox";
    public const string BadDomain = "bad-domain";
    public const string BadSender = "bad-sender";
    public const string Quota = "quota";
    public const string Size = "size";
    public const string Policy = "policy";
    public const string Spam = "spam";
    public const string Content = "content";
    public const string Authentication = "authentication";
    public const string RateLimit = "rate";
    public const string Greylist = "greylist";
    public const string Protocol = "protocol";
    public const string System = "system";
    public const string Network = "network";
    public const string Dns = "dns";

    /// <summary>Lost behind the final dot: the peer may have taken the message.</summary>
    public const string Unknown = "unknown";
    public const string Routing = "routing";
    public const string Tls = "tls";
    public const string Signing = "signing";
    public const string Local = "local";
    public const string Expired = "expired";
    public const string Other = "other";

    // Words in replies of large receivers that say more than their codes do. Order matters: the more definite first.
    private static readonly (string Words, string Class)[] Phrases =
    [
        ("greylist", Greylist), ("graylist", Greylist), ("grey listed", Greylist),
        ("over quota", Quota), ("mailbox full", Quota), ("mailbox is full", Quota), ("quota exceeded", Quota), ("out of storage", Quota),
        ("user unknown", BadMailbox), ("unknown user", BadMailbox), ("no such user", BadMailbox), ("does not exist", BadMailbox),
        ("unknown recipient", BadMailbox), ("recipient unknown", BadMailbox), ("no such recipient", BadMailbox), ("invalid recipient", BadMailbox),
        ("no mailbox here", BadMailbox), ("mailbox not found", BadMailbox), ("no such mailbox", BadMailbox), ("address unknown", BadMailbox),
        ("blacklist", Spam), ("blocklist", Spam), ("block list", Spam), ("spamhaus", Spam), ("spam", Spam), ("listed by", Spam), ("poor reputation", Spam),
        ("virus", Content), ("malware", Content),
        ("dmarc", Authentication), ("dkim", Authentication), ("spf", Authentication),
        ("rate limit", RateLimit), ("too many", RateLimit), ("throttl", RateLimit), ("try again later", RateLimit),
        ("too large", Size), ("size limit", Size), ("message size", Size),
    ];

    public static string Of(SmtpReply reply, TransactionStep step)
    {
        var byCode = reply.Enhanced is { } code ? ByEnhanced(code) : null;
        return byCode switch
        {
            // Codes that many use for everything are refined by their words.
            null or Policy or Other or System or Protocol => ByText(reply.Text) ?? byCode ?? ByReplyCode(reply.Code, step),
            _ => byCode,
        };
    }

    public static FaultSide FaultOf(string bounceClass) => bounceClass switch
    {
        BadMailbox or BadDomain or Quota => FaultSide.Recipient,
        BadSender or Policy or Spam or Content or Authentication or Size => FaultSide.Sender,
        Greylist or RateLimit or System or Tls or Routing or Protocol => FaultSide.Destination,
        Network or Dns or Unknown => FaultSide.Network,
        Signing or Local => FaultSide.Relay,
        _ => FaultSide.None,
    };

    /// <summary>The status to report where the peer gave none (RFC 3463 §3).</summary>
    public static (int Subject, int Detail) StatusOf(string bounceClass) => bounceClass switch
    {
        BadMailbox => (1, 1),
        BadDomain => (1, 2),
        BadSender => (1, 8),
        Quota => (2, 2),
        Size => (3, 4),
        System => (3, 0),
        Network or Unknown => (4, 2),
        Dns => (4, 3),
        Routing => (4, 4),
        Expired => (4, 7),
        Protocol => (5, 0),
        Content => (6, 0),
        Policy or Spam or Authentication or Greylist or Tls => (7, 0),
        _ => (0, 0),
    };

    private static string? ByEnhanced(EnhancedStatusCode code) => (code.Subject, code.Detail) switch
    {
        (1, 2) or (1, 10) => BadDomain,
        (1, 7) or (1, 8) => BadSender,
        (1, 0) => Other,
        (1, _) => BadMailbox,
        (2, 1) => BadMailbox,
        (2, 2) => Quota,
        (2, 3) => Size,
        (2, _) => Other,
        (3, 4) => Size,
        (3, _) => System,
        (4, 3) => Dns,
        (4, 4) or (4, 6) => Routing,
        (4, 7) => Expired,
        (4, 5) => System,
        (4, _) => Network,
        (5, 3) => RateLimit,
        (5, _) => Protocol,
        (6, _) => Content,
        (7, 20) or (7, 21) or (7, 22) or (7, 23) or (7, 24) or (7, 26) or (7, 29) => Authentication,
        (7, 25) or (7, 27) => Authentication,
        (7, 28) => RateLimit,
        (7, 10) or (7, 30) => Tls,
        (7, _) => Policy,
        _ => null,
    };

    private static string? ByText(string text)
    {
        foreach (var (words, bounceClass) in Phrases)
        {
            if (text.Contains(words, StringComparison.OrdinalIgnoreCase))
            {
                return bounceClass;
            }
        }

        return null;
    }

    private static string ByReplyCode(int code, TransactionStep step) => (code, step) switch
    {
        (421 or 432 or 451 or 452, _) => System,
        (450, TransactionStep.Recipient) => Other,
        (500 or 501 or 502 or 503 or 504 or 555, _) => Protocol,
        (530 or 534 or 535 or 538, _) => Authentication,
        (521 or 556, _) => BadDomain,
        (550 or 551 or 553, TransactionStep.Recipient) => BadMailbox,
        (550 or 553, TransactionStep.Mail) => BadSender,
        (552, TransactionStep.Recipient) => Quota,
        (552, _) => Size,
        (550 or 554, _) => Policy,
        _ => Other,
    };
}
