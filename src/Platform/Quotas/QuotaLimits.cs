using Relay.Senders;

namespace Relay.Platform.Quotas;

/// <summary>Limits of one subject; 0 is without limit.</summary>
/// <param name="Name">account, key, login or domain, as refusals call it.</param>
internal sealed record QuotaLimits(string Name)
{
    public int EmailsPerSecond { get; init; }

    public int EmailsPerHour { get; init; }

    public int EmailsPerDay { get; init; }

    public int RecipientsPerSecond { get; init; }

    public int RecipientsPerHour { get; init; }

    public int RecipientsPerDay { get; init; }

    public bool IsLimited =>
        EmailsPerSecond > 0 || EmailsPerHour > 0 || EmailsPerDay > 0 || RecipientsPerSecond > 0 || RecipientsPerHour > 0 || RecipientsPerDay > 0;

    public static QuotaLimits Of(Credential credential) => Of(credential.Kind == CredentialKind.ApiKey ? "key" : "login", credential.Limits);

    public static QuotaLimits OfDomain(SendLimits limits) => Of("domain", limits);

    public static QuotaLimits OfAccount(SendLimits limits, PlatformOptions configured) => Of("account", limits with
    {
        EmailsPerHour = limits.EmailsPerHour ?? configured.EmailsPerHour,
        EmailsPerDay = limits.EmailsPerDay ?? configured.EmailsPerDay,
        RecipientsPerHour = limits.RecipientsPerHour ?? configured.RecipientsPerHour,
        RecipientsPerDay = limits.RecipientsPerDay ?? configured.RecipientsPerDay,
    });

    private static QuotaLimits Of(string name, SendLimits limits) => new(name)
    {
        EmailsPerSecond = limits.EmailsPerSecond ?? 0,
        EmailsPerHour = limits.EmailsPerHour ?? 0,
        EmailsPerDay = limits.EmailsPerDay ?? 0,
        RecipientsPerSecond = limits.RecipientsPerSecond ?? 0,
        RecipientsPerHour = limits.RecipientsPerHour ?? 0,
        RecipientsPerDay = limits.RecipientsPerDay ?? 0,
    };
}
