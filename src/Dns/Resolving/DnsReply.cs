using System.Diagnostics.CodeAnalysis;

namespace Relay.Dns;

/// <summary>What asking the servers came to: a message worth reading, or why there is none.</summary>
internal sealed record DnsReply
{
    private DnsReply(DnsMessage? message, bool isAuthentic, DnsStatus failure, string detail)
    {
        Message = message;
        IsAuthentic = isAuthentic;
        Failure = failure;
        Detail = detail;
    }

    /// <summary>A whole message with NOERROR or NXDOMAIN.</summary>
    public DnsMessage? Message { get; }

    /// <summary>The server vouches for the answer, and we believe this server.</summary>
    public bool IsAuthentic { get; }

    public DnsStatus Failure { get; }

    public string Detail { get; }

    [MemberNotNullWhen(true, nameof(Message))]
    public bool IsAnswer => Message is not null;

    public static DnsReply Answer(DnsMessage message, bool isAuthentic) => new(message, isAuthentic, DnsStatus.Success, string.Empty);

    public static DnsReply Failed(DnsStatus status, string detail) => new(null, false, status, detail);
}
