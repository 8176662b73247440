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

    public static QuotaLimits Of(Credential credential) => new(credential.Kind == CredentialKind.ApiKey ? "key" : "login")
    {
        EmailsPerSecond = credential.Limits.EmailsPerSecond ?? 0,
        EmailsPerHour = credential.Limits.EmailsPerHour ?? 0,
        EmailsPerDay = credential.Limits.EmailsPerDay ?? 0,
        RecipientsPerSecond = credential.Limits.RecipientsPerSecond ?? 0,
        RecipientsPerHour = credential.Limits.RecipientsPerHour ?? 0,
        RecipientsPerDay = credential.Limits.RecipientsPerDay ?? 0,
    };
}
