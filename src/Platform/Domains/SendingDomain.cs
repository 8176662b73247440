using Relay.Mail;
using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>A domain an account sends from.</summary>
public sealed record SendingDomain
{
    /// <summary>Number for clients that want one; unique on this server.</summary>
    public required long Id { get; init; }

    /// <summary>The same domain for clients that want a UUID (version 7).</summary>
    public required Guid Uid { get; init; }

    public required long AccountId { get; init; }

    public required DomainName Name { get; init; }

    /// <summary>Whatever the client said; this server stands where it stands.</summary>
    public required string Region { get; init; }

    public required DomainStatus Status { get; init; }

    public bool ClickTracking { get; init; }

    public bool OpenTracking { get; init; }

    /// <summary>Host below the domain whose links lead to the public listener; null until its record was seen in DNS.</summary>
    public string? TrackingHost { get; init; }

    /// <summary>Requests per second are not counted by domain.</summary>
    public SendLimits Limits { get; init; } = SendLimits.Default;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Proved in DNS, so that it may stand in From.</summary>
    public bool IsVerified => Status == DomainStatus.Success;
}

/// <summary>How far the proof in DNS is; of a domain, and of each of its records. The values are stored.</summary>
public enum DomainStatus
{
    NotStarted = 0,
    Pending = 1,
    Success = 2,

    /// <summary>The answer was certain, and it was not ours.</summary>
    Failed = 3,

    /// <summary>DNS could not tell; asked again later.</summary>
    TemporaryFailure = 4,
}

/// <summary>Who has proved a domain; answers from memory where it can.</summary>
public interface IDomainHolders
{
    /// <summary>The account that holds exactly this name as proved; null: none does.</summary>
    ValueTask<long?> FindHolderAsync(DomainName name, CancellationToken cancellationToken);
}

/// <summary>The domains of an account, as the sending path asks for them; answers from memory where it can.</summary>
public interface ISenderDomains
{
    /// <summary>The account's own domain of exactly this name, verified or not; null when it has none.</summary>
    ValueTask<SendingDomain?> FindAsync(long accountId, DomainName name, CancellationToken cancellationToken);
}
