using System.Globalization;
using System.Text.Json.Serialization;

namespace Relay.Platform.Domains;

/// <summary>A domain as the API shows it.</summary>
internal sealed record DomainAnswer
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    public required long TeamId { get; init; }

    public required string Status { get; init; }

    public required string Region { get; init; }

    public required bool ClickTracking { get; init; }

    public required bool OpenTracking { get; init; }

    /// <summary>Of the RSA key, base64.</summary>
    public required string PublicKey { get; init; }

    public required string? DkimStatus { get; init; }

    /// <summary>Status of the SPF record of the return path.</summary>
    public required string? SpfDetails { get; init; }

    public required string CreatedAt { get; init; }

    public required string UpdatedAt { get; init; }

    public required bool DmarcAdded { get; init; }

    public required bool IsVerifying { get; init; }

    /// <summary>Set when the domain failed.</summary>
    public required string? ErrorMessage { get; init; }

    /// <summary>Host of the return path below the domain.</summary>
    public required string? Subdomain { get; init; }

    /// <summary>What the last check missed.</summary>
    public required string? VerificationError { get; init; }

    public required string? LastCheckedTime { get; init; }

    public required IReadOnlyList<DomainRecord> DnsRecords { get; init; }

    /// <summary>Records the reference has no type for; absent while links are not tracked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DomainRecord>? TrackingDnsRecords { get; init; }

    /// <summary>What is good to have besides, which the reference has no member for; absent before the first check.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DomainAdvice>? Advice { get; init; }

    public static DomainAnswer Of(DomainEntry entry, bool isVerifying, PlatformOptions options)
    {
        var domain = entry.Domain;
        return new DomainAnswer
        {
            Id = domain.Id,
            Name = domain.Name.Ascii,
            TeamId = domain.AccountId,
            Status = domain.Status.Name(),
            Region = domain.Region,
            ClickTracking = domain.ClickTracking,
            OpenTracking = domain.OpenTracking,
            PublicKey = entry.RsaKey.PublicKey,
            DkimStatus = entry.Records.Rsa.Name(),
            SpfDetails = entry.Records.Spf.Name(),
            CreatedAt = Text(domain.CreatedAt),
            UpdatedAt = Text(domain.UpdatedAt),
            DmarcAdded = entry.Records.Dmarc == DomainStatus.Success,
            IsVerifying = isVerifying,
            ErrorMessage = domain.Status == DomainStatus.Failed ? entry.VerificationError : null,
            Subdomain = DomainRecords.ReturnPathHost(domain.Name),
            VerificationError = entry.VerificationError,
            LastCheckedTime = entry.CheckedAt is { } at ? Text(at) : null,
            DnsRecords = DomainRecords.Of(entry, options.Hostname),
            TrackingDnsRecords = DomainRecords.Tracking(entry, options) is { } tracking ? [tracking] : null,
            Advice = entry.Advice.Count > 0 ? [.. entry.Advice.Select(DomainAdvice.Of)] : null,
        };
    }

    internal static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
