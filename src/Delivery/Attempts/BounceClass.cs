using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>The names of bounce classes; what a reply is, the rules say (<see cref="BounceClassifier"/>).</summary>
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

    /// <summary>Our address or domain is listed, or its score is bad.</summary>
    public const string Reputation = "reputation";

    /// <summary>Our names in DNS do not fit our address.</summary>
    public const string SenderDns = "sender-dns";

    /// <summary>What the rules make of a live reply.</summary>
    public static BounceVerdict Of(SmtpReply reply, TransactionStep step, string? host = null) => BounceClassifier.Shipped.Classify(new BounceFacts
    {
        ReplyCode = reply.Code,
        Enhanced = reply.Enhanced,
        Text = reply.Text,
        Step = step.ToString(),
        Host = host,
    });

    public static FaultSide FaultOf(string bounceClass) => bounceClass switch
    {
        BadMailbox or BadDomain or Quota => FaultSide.Recipient,
        BadSender => FaultSide.Sender,
        Policy => FaultSide.Policy,
        Spam or Content or Size => FaultSide.Content,
        Reputation => FaultSide.Reputation,
        SenderDns => FaultSide.Infrastructure,
        Authentication => FaultSide.Authentication,
        Greylist or RateLimit or System or Tls or Routing or Protocol => FaultSide.Destination,
        Network or Dns or Unknown => FaultSide.Network,
        Signing or Local => FaultSide.Relay,
        _ => FaultSide.None,
    };
}
