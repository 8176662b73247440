namespace Relay.Senders;

/// <summary>What a credential may be restricted to when it is made.</summary>
public sealed record CredentialRestrictions
{
    public static CredentialRestrictions None { get; } = new();

    /// <summary>See <see cref="Credential.AllowedSenders"/>.</summary>
    public IReadOnlyList<string> AllowedSenders { get; init; } = [];

    /// <summary>CIDR networks or single addresses; empty means any.</summary>
    public IReadOnlyList<string> AllowedNetworks { get; init; } = [];

    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Checks of what people type when they make credentials. All throw <see cref="ArgumentException"/> with a sentence for them.</summary>
internal static class CredentialRules
{
    private const int MaxNameLength = 255;
    private const int MaxEntries = 1000;
    private const int MaxCertificates = 100;

    // As X-Relay-Tag takes them.
    private const int MaxTags = 10;
    private const int MaxTagLength = 64;

    /// <summary>Names of keys are labels for people and may hold spaces.</summary>
    public static void CheckKeyName(string name)
    {
        if (name.Length > MaxNameLength || string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl))
        {
            throw new ArgumentException($"A name has 1 to {MaxNameLength} characters.", nameof(name));
        }
    }

    public static void CheckLogin(string name)
    {
        if (name.Length is 0 or > MaxNameLength || name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
        {
            throw new ArgumentException($"A login has 1 to {MaxNameLength} characters and no white space.", nameof(name));
        }

        if (string.Equals(name, CredentialCheck.ApiKeyLogin, StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"'{CredentialCheck.ApiKeyLogin}' is reserved: under it an API key works as password.", nameof(name));
        }
    }

    public static void CheckScopes(string scopes, params string[] allowed)
    {
        var words = scopes.Split(' ');
        if (words.Any(word => !allowed.Contains(word)) || words.Distinct().Count() != words.Length)
        {
            throw new ArgumentException($"Scopes are: {string.Join(", ", allowed)}; several are separated by a space.", nameof(scopes));
        }
    }

    public static void CheckRestrictions(CredentialRestrictions restrictions, DateTimeOffset now)
    {
        if (restrictions.AllowedSenders.Count > MaxEntries)
        {
            throw Fault(nameof(CredentialRestrictions.AllowedSenders), $"At most {MaxEntries} senders can be listed.");
        }

        if (restrictions.AllowedNetworks.Count > MaxEntries)
        {
            throw Fault(nameof(CredentialRestrictions.AllowedNetworks), $"At most {MaxEntries} networks can be listed.");
        }

        if (restrictions.AllowedSenders.FirstOrDefault(entry => !SenderPolicy.IsSenderEntry(entry)) is { } sender)
        {
            throw Fault(nameof(CredentialRestrictions.AllowedSenders), $"'{sender}' is neither an address nor a domain.");
        }

        if (restrictions.AllowedNetworks.FirstOrDefault(entry => !SenderPolicy.IsNetworkEntry(entry)) is { } network)
        {
            throw Fault(nameof(CredentialRestrictions.AllowedNetworks), $"'{network}' is neither a network nor an address.");
        }

        if (restrictions.ExpiresAt <= now)
        {
            throw Fault(nameof(CredentialRestrictions.ExpiresAt), "The expiry lies in the past.");
        }
    }

    /// <returns>The form that is stored.</returns>
    public static string CheckCertificate(string certificate) => CertificateName.TryNormalize(certificate, out var name)
        ? name
        : throw new ArgumentException(
            $"'{certificate}' is neither a SHA-256 fingerprint (64 hex digits, colons allowed) nor a subject such as 'CN=printer-7, O=Example'.");

    public static void CheckCertificateCount(Credential credential)
    {
        if (credential.Certificates.Count >= MaxCertificates)
        {
            throw new ArgumentException($"At most {MaxCertificates} certificates can stand for one login.");
        }
    }

    public static void CheckDefaults(MailDefaults defaults)
    {
        if (defaults.Stream is not (null or "transactional" or "broadcast"))
        {
            throw new ArgumentException("The stream is transactional or broadcast.");
        }

        if (defaults.Tags.Count > MaxTags || defaults.Tags.Any(tag => tag.Length is 0 or > MaxTagLength || tag.Any(char.IsControl) || tag.Contains(',', StringComparison.Ordinal)))
        {
            throw new ArgumentException($"At most {MaxTags} tags of 1 to {MaxTagLength} characters without comma.");
        }
    }

    // The member is more use to callers than the parameter.
    private static ArgumentException Fault(string member, string sentence) => new(sentence, member);
}
