using System.Globalization;
using System.Text.Json.Serialization;
using Relay.Senders;

namespace Relay.Platform.Keys;

/// <summary>An API key as the API shows it.</summary>
internal sealed record ApiKeyAnswer(
    long Id,
    string Name,
    string Scope,
    string? Hint,
    IReadOnlyList<string> Domains,
    IReadOnlyList<string> Networks,
    string CreatedAt,
    string? ExpiresAt,
    string? RevokedAt,
    string? LastUsedAt)
{
    /// <summary>In clear, when it was just made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    public static ApiKeyAnswer Of(Credential key) => new(
        key.Id,
        key.Name,
        key.Scopes,
        key.Hint,
        key.AllowedSenders,
        key.AllowedNetworks,
        Text(key.CreatedAt)!,
        Text(key.ExpiresAt),
        Text(key.RevokedAt),
        Text(key.LastUsedAt));

    private static string? Text(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

internal static class CredentialFaults
{
    /// <summary>Names the field as clients write it, and leaves out the parameter's name that .NET appends.</summary>
    public static ApiFault ForClients(ArgumentException fault)
    {
        var end = fault.Message.IndexOf(" (Parameter", StringComparison.Ordinal);
        var sentence = end < 0 ? fault.Message : fault.Message[..end];
        var field = fault.ParamName switch
        {
            "name" => "name",
            "scopes" => "scope",
            nameof(CredentialRestrictions.AllowedSenders) => "domains",
            nameof(CredentialRestrictions.AllowedNetworks) => "networks",
            nameof(CredentialRestrictions.ExpiresAt) => "expiresAt",
            _ => null,
        };
        return field is null ? ApiFault.BadRequest(sentence) : ApiFault.BadField(field, sentence);
    }
}
