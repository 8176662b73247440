using System.Net;
using Relay.Queue;

namespace Relay.Platform.Tracking;

/// <summary>Somebody or something fetched a tracked address.</summary>
internal sealed record Visit
{
    /// <summary>Characters kept of a User-Agent.</summary>
    public const int MaxUserAgent = 500;

    public required TrackingToken Token { get; init; }

    public required DateTimeOffset At { get; init; }

    public required IPAddress Address { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>Asked with HEAD: wanted to know, not to see.</summary>
    public bool IsHead { get; init; }

    /// <summary>Null for the link no person sees: it is no event of its own.</summary>
    public DeliveryEvent? ToEvent(MachineSign sign) => Token.Kind == TokenKind.Hidden ? null : new DeliveryEvent
    {
        Kind = Token.Kind == TokenKind.Open ? DeliveryEventKind.Opened : DeliveryEventKind.Clicked,
        At = At,
        AccountId = Token.AccountId,
        MessageId = Token.MessageId,
        Recipient = Token.Recipient,
        Url = Token.Url,
        UserAgent = UserAgent,
        ClientAddress = Address.ToString(),
        IsMachine = sign != MachineSign.None,
    };
}

/// <summary>What makes a visit look like a program's; the names are labels of a metric.</summary>
internal enum MachineSign
{
    /// <summary>Nothing: a person's.</summary>
    None = 0,
    Head = 1,
    UserAgent = 2,
    Network = 3,
    TooSoon = 4,
    Burst = 5,
    HiddenLink = 6,
}
